"""The supervisor: what it starts is kept running, and ends with it in whatever way it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local import platform, postgres
from deploy.local.platform import Platform
from deploy.local.processes import CannotStart


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    """A platform that is as well after the test as before."""
    with platform.start() as started:
        yield started


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder that outlives a platform."""
    yield tmp_path
    postgres.discard(tmp_path)


def _until(reached: Callable[[], bool], seconds: float = 60) -> bool:
    deadline = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _is_alive(pid: int) -> bool:
    """A process that has ended but was not waited for (a zombie) does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


def _answers(running: Platform, path: str) -> bool:
    try:
        headers = {"Authorization": f"Bearer {running.admin_key}"}
        return httpx.get(f"{running.url}{path}", headers=headers).status_code == 200
    except httpx.TransportError:
        return False


def _all_of(running: Platform) -> list[int]:
    return [running.supervisor, *running.processes.values()]


def test_nothing_outlives_the_supervisor_and_it_starts_again(data: Path) -> None:
    with platform.start(data) as first:
        key, pids = first.admin_key, _all_of(first)
        assert all(_is_alive(pid) for pid in pids)
        os.kill(first.supervisor, signal.SIGKILL)
        assert _until(lambda: not any(_is_alive(pid) for pid in pids), 15)
    with platform.start(data) as second:
        assert second.admin_key == key
        assert _answers(second, "/v1/customers")
        pids = _all_of(second)
        os.kill(second.supervisor, signal.SIGINT)
        assert _until(lambda: not any(_is_alive(pid) for pid in pids), 15)


@pytest.mark.parametrize("process", ["customer-svc", "customer-worker", "gateway", "postgres"])
def test_a_killed_process_is_started_again(running: Platform, process: str) -> None:
    before = running.processes[process]
    running.kill(process)
    assert _until(lambda: running.processes[process] != before)
    assert _until(lambda: _answers(running, "/v1/customers"))


def test_a_second_one_on_the_same_data_is_refused(running: Platform) -> None:
    with pytest.raises(CannotStart, match="already runs on the data folder"), platform.start(running.home.folder):
        pass
    assert platform.running(running.home.folder) == running


def test_no_process_list_shows_a_secret(running: Platform) -> None:
    secrets = [file.read_bytes().strip() for file in running.home.secrets.rglob("*") if file.is_file()]
    shown = b"".join(_shown(pid) for pid in _all_of(running))
    assert b"gateway.main" in shown
    assert not [secret for secret in secrets if secret in shown]


def _shown(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""  # it has just ended, to be started again


def test_secrets_are_their_owners_alone(running: Platform) -> None:
    assert {file.stat().st_mode & 0o077 for file in running.home.secrets.rglob("*")} == {0}


def test_a_process_left_out_can_be_started_by_hand(data: Path) -> None:
    with platform.start(data, left_out="customer-svc") as running:
        assert "customer-svc" not in running.processes
        lines = (data / "env/customer-svc").read_text().splitlines()
        own = {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}
        debugged = subprocess.Popen([sys.executable, "-m", "customer.main"], env=os.environ | own)
        try:
            assert _until(lambda: _answers(running, "/v1/customers"))
        finally:
            debugged.terminate()
            debugged.wait()
