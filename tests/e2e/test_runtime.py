"""The supervisor: what it starts is kept running, and ends with it in whatever way it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local import platform as platforms
from deploy.local import postgres
from deploy.local.platform import Platform
from deploy.local.processes import CannotStart


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that outlives a platform."""
    folder = tmp_path_factory.mktemp("data")
    yield folder
    postgres.discard(folder)


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
    """The processes that are named, and what else runs for them."""
    return [running.supervisor, *_children_of(running.supervisor), *running.processes.values()]


def _children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _all_gone(pids: list[int]) -> bool:
    return _until(lambda: not any(_is_alive(pid) for pid in pids), 15)


def test_nothing_outlives_a_killed_supervisor(data: Path) -> None:
    with platforms.start(data, left_out="customer-svc") as running:
        assert "customer-svc" not in running.processes
        with _by_hand("customer.main", data / "env/customer-svc"):
            assert _until(lambda: _answers(running, "/v1/customers"))
        pids = _all_of(running)
        assert all(_is_alive(pid) for pid in pids)
        os.kill(running.supervisor, signal.SIGKILL)
        assert _all_gone(pids)


def test_what_dies_is_started_again_until_ctrl_c(data: Path) -> None:
    with platforms.start(data) as running:
        for process in ("customer-svc", "customer-worker", "gateway", "postgres"):
            before = running.processes[process]
            running.kill(process)
            assert _until(lambda process=process, before=before: running.processes[process] != before)
        assert _until(lambda: _answers(running, "/v1/customers"))
        pids = _all_of(running)
        os.kill(running.supervisor, signal.SIGINT)
        assert _all_gone(pids)


def test_a_second_one_on_the_same_data_is_refused(platform: Platform) -> None:
    folder = platform.home.folder
    with pytest.raises(CannotStart, match="already runs on the data folder"), platforms.start(folder):
        pass
    assert platforms.running(folder) == platform


def test_no_process_list_shows_a_secret(platform: Platform) -> None:
    secrets = [file.read_bytes().strip() for file in platform.home.secrets.rglob("*") if file.is_file()]
    shown = b"\0".join(_shown(pid) for pid in _all_of(platform))
    assert {b"gateway.main", b"customer.main"} <= set(shown.split(b"\0"))
    assert not [secret for secret in secrets if secret in shown]


def _shown(pid: int) -> bytes:
    return b"\0".join(Path(f"/proc/{pid}/{file}").read_bytes() for file in ("cmdline", "environ"))


def test_secrets_are_their_owners_alone(platform: Platform) -> None:
    assert {file.stat().st_mode & 0o077 for file in platform.home.secrets.rglob("*")} == {0}


@contextlib.contextmanager
def _by_hand(module: str, settings: Path) -> Iterator[None]:
    """As a debugger would: with the settings that the platform wrote for a process."""
    lines = (line.partition("=") for line in settings.read_text().splitlines())
    env = os.environ | {name: value.strip('"') for name, _, value in lines}
    process = subprocess.Popen([sys.executable, "-m", module], env=env)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
