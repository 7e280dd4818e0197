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


@pytest.fixture
def running() -> Iterator[Platform]:
    """A platform that the test may end as it likes."""
    with platform.start() as started:
        yield started


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder that outlives a platform."""
    yield tmp_path
    postgres.discard(tmp_path)


def _until(reached: Callable[[], bool], seconds: float = 30) -> bool:
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


def _of_platform(running: Platform) -> list[int]:
    return [running.supervisor, *running.processes.values()]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_the_supervisor(running: Platform, number: signal.Signals) -> None:
    pids = _of_platform(running)
    assert all(_is_alive(pid) for pid in pids)
    os.kill(running.supervisor, number)
    assert _until(lambda: not any(_is_alive(pid) for pid in pids), 15)


def test_it_starts_again_in_seconds_after_a_kill(data: Path) -> None:
    with platform.start(data) as first:
        key = first.admin_key
        os.kill(first.supervisor, signal.SIGKILL)
        started = time.monotonic()
        with platform.start(data) as second:
            assert time.monotonic() - started < 15
            assert second.admin_key == key
            assert httpx.get(f"{second.url}/readyz").status_code == 200


def test_a_killed_process_is_started_again(running: Platform) -> None:
    for process in ("customer-svc", "customer-worker", "gateway", "postgres"):
        before = running.processes[process]
        running.kill(process)
        assert _until(lambda process=process, before=before: running.processes[process] != before)
    assert _until(lambda: _is_ready(running))


def _is_ready(running: Platform) -> bool:
    try:
        return httpx.get(f"{running.url}/readyz").is_success
    except httpx.TransportError:
        return False


def test_a_second_one_on_the_same_data_is_refused(running: Platform) -> None:
    with pytest.raises(CannotStart, match="already runs on the data folder"), platform.start(running.home.folder):
        pass
    assert _is_ready(running)


def test_no_process_list_shows_a_secret(running: Platform) -> None:
    secrets = [file.read_bytes().strip() for file in running.home.secrets.rglob("*") if file.is_file()]
    for pid in _of_platform(running):
        shown = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        assert not [secret for secret in secrets if secret in shown]


def test_secrets_are_their_owners_alone(running: Platform) -> None:
    modes = {file.stat().st_mode & 0o077 for file in running.home.secrets.rglob("*")}
    assert modes == {0}


def test_a_process_left_out_can_be_started_by_hand(data: Path) -> None:
    with platform.start(data, left_out="customer-svc") as running:
        assert "customer-svc" not in running.processes
        lines = (data / "env/customer-svc").read_text().splitlines()
        own = {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}
        debugged = subprocess.Popen([sys.executable, "-m", "customer.main"], env=os.environ | own)
        try:
            headers = {"Authorization": f"Bearer {running.admin_key}"}
            assert _until(lambda: httpx.get(f"{running.url}/v1/customers", headers=headers).status_code == 200)
        finally:
            debugged.terminate()
            debugged.wait()
