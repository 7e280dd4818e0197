PYTHON ?= python3.11
BIN := .venv/bin
SOURCES := libs/crmkit/src gateway/src $(patsubst %,services/%-svc/src,customer segment campaign callcenter)
ENV_STAMP := .venv/.stamp-$(shell cat requirements-dev.txt | cksum | cut -d' ' -f1)

.DEFAULT_GOAL := help

env: $(ENV_STAMP)  ## Make .venv from the locked requirements (every target does so when needed)

$(ENV_STAMP): requirements-dev.txt
	@command -v $(PYTHON) >/dev/null || { echo "Perennial needs Python 3.11: '$(PYTHON)' was not found (set PYTHON=)." >&2; exit 1; }
	@echo "Making the environment in .venv (once)"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@printf '%s\n' $(addprefix $(CURDIR)/,$(SOURCES)) > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/perennial.pth"
	@rm -f .venv/.stamp-* && touch $@

.PHONY: env
