"""What cannot start says why in one sentence, quickly, and leaves nothing behind."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local import supervisor
from deploy.local.plan import Home
from deploy.local.processes import CannotStart, Program


def _run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "deploy.local", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def _sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} cannot be used" in _sentence(_run("run", f"--data={tmp_path}", f"--port={port}"))


def test_an_unknown_process_to_leave_out_is_named_with_the_known_ones(tmp_path: Path) -> None:
    said = _sentence(_run("run", f"--data={tmp_path}", "--port=0", "--except=nonsense-svc"))
    assert "nonsense-svc" in said
    assert "customer-svc" in said


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.touch()
    assert f"The data folder {file}" in _sentence(_run("run", f"--data={file}", "--port=0"))


@pytest.mark.parametrize(
    ("version", "reason"), [(None, "is not a complete database"), ("17\n", "was made by Postgres 17, this is 18")]
)
def test_data_that_postgres_cannot_serve_is_left_alone(tmp_path: Path, version: str | None, reason: str) -> None:
    data = tmp_path / "postgres"
    (data / "global").mkdir(parents=True)
    if version:
        (data / "PG_VERSION").write_text(version)
        (data / "global/pg_control").touch()
    before = sorted(data.rglob("*"))
    assert reason in _sentence(_run("run", f"--data={tmp_path}", "--port=0"))
    assert sorted(data.rglob("*")) == before


def test_only_a_data_folder_can_be_reset(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    assert "is not a data folder" in _sentence(_run("reset", f"--data={tmp_path}"))
    assert (tmp_path / "precious").exists()


async def test_what_failed_is_not_told_from_an_earlier_log(tmp_path: Path) -> None:
    log = tmp_path / "migrate.log"
    log.write_text("What went wrong yesterday\n")
    with pytest.raises(CannotStart, match="it gave no reason"):
        await supervisor.complete(Program("migrate", (sys.executable, "-c", "raise SystemExit(3)"), {}, log))
    with pytest.raises(CannotStart, match="What went wrong today"):
        await supervisor.complete(Program("migrate", (sys.executable, "-c", "exit('What went wrong today')"), {}, log))


def test_what_has_stopped_is_not_ready(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with home.claimed():
        home.write_state({"ready": True})
    assert not home.state.exists()
