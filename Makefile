# Perennial: `make run` and `make test` need Python 3.11 and make, nothing else.

PORT ?= 8080
DATA ?= .data
EXCEPT ?=
ARGS ?=
URL ?= http://127.0.0.1:$(PORT)
KEY ?= deploy/secrets/mounted/clients/dev-admin
PYTHON ?= $(shell command -v python3.11 || command -v python3)

BIN := .venv/bin
SERVICES := customer segment campaign callcenter
SOURCES := libs/crmkit/src gateway/src $(SERVICES:%=services/%-svc/src)
LOCAL := $(BIN)/python -m deploy.local
ENVIRONMENT := .venv/.made-from-$(shell cksum < requirements-dev.txt | cut -d ' ' -f 1)

# Ten processes load the same sources: what one has compiled, the next need not.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help env run dev test lint fmt types demo bench migrate openapi smoke lock secrets clean reset

help:  ## Show this
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(ENVIRONMENT)  ## Make .venv from the locked requirements (the others do it when needed)

run: $(ENVIRONMENT)  ## Run the platform; PORT=8080 EXCEPT=segment-svc DATA=.data; Ctrl-C stops it
	@$(LOCAL) run --attached --data=$(DATA) --port=$(PORT) --except=$(EXCEPT)

dev: $(ENVIRONMENT)  ## The same, restarting what runs changed source
	@$(LOCAL) run --attached --reload --data=$(DATA) --port=$(PORT) --except=$(EXCEPT)

test: $(ENVIRONMENT)  ## Run every test on a temporary Postgres; ARGS='-k coupon' chooses
	@$(BIN)/pytest $(ARGS)

lint: $(ENVIRONMENT)  ## Check style, format and who imports whom
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo

fmt: $(ENVIRONMENT)  ## Format the code and mend what can be mended
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

types: $(ENVIRONMENT)  ## Check types, strictly
	@$(BIN)/mypy

demo: $(ENVIRONMENT)  ## Load The Complete Journey (published by 84.51°) and play the whole loop, on the running platform or its own
	@$(BIN)/python -m demo $(ARGS)

bench: $(ENVIRONMENT)  ## Measure against rivals run in the same minutes
	@$(BIN)/python -m benchmarks $(ARGS)

migrate: $(ENVIRONMENT)  ## Bring every schema of DATA to its newest revision, without running the platform
	@$(LOCAL) migrate --data=$(DATA)

openapi: $(ENVIRONMENT)  ## Write contracts/ anew from the code
	@$(BIN)/python -m contracts

smoke: $(ENVIRONMENT)  ## Play a little of everything against URL=... with the key in KEY=file (a deployment's gateway)
	@$(BIN)/python -m deploy.smoke $(URL) $(KEY)

lock: $(ENVIRONMENT)  ## Lock requirements*.txt anew; ARGS=--upgrade takes newer versions
	@$(BIN)/python deploy/lock.py $(ARGS)

secrets: $(ENVIRONMENT)  ## Make deploy/secrets/ for docker compose; what is there stays
	@$(BIN)/python deploy/make-secrets

clean:  ## Remove the environment and all caches, keep the data
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	@find . -name __pycache__ -prune -exec rm -rf {} +

reset: $(ENVIRONMENT)  ## Forget the data of `make run`
	@$(LOCAL) reset --data=$(DATA)

$(ENVIRONMENT): requirements-dev.txt
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' \
		|| { echo "Perennial needs Python 3.11: install it, or name it as in make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "Making the environment in .venv (once; about a minute)"
	@rm -f .venv/.made-from-*
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv \
		|| { echo "Python's venv module is missing: install it (Debian: apt-get install python3.11-venv)" >&2; exit 1; }
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m compileall -qq -j 0 -x '/(pip|tests)/' .venv/lib || true
	@printf '%s\n' $(SOURCES:%=$(CURDIR)/%) > .venv/lib/python3.11/site-packages/perennial.pth
	@touch $@
