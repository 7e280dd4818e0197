"""The platform as a handle, for tests, the demo and the benchmarks: start one, or take the one that runs."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.local import keys, postgres
from deploy.local.packages import ROOT
from deploy.local.plan import Home
from deploy.local.processes import CannotStart


@dataclass(frozen=True, slots=True)
class Platform:
    """A running platform."""

    home: Home

    @property
    def url(self) -> str:
        """The gateway's."""
        return str(self._state()["url"])

    @property
    def admin_key(self) -> str:
        return keys.read(self.home.secrets / "clients" / keys.DEVELOPER)

    @property
    def processes(self) -> dict[str, int]:
        """Process id by name, as of now: a restarted process has a new one."""
        return dict(self._state()["processes"])

    @property
    def supervisor(self) -> int:
        """The process id of what keeps the others running."""
        return int(self._state()["supervisor"])

    def kill(self, process: str, number: signal.Signals = signal.SIGKILL) -> None:
        os.kill(self.processes[process], number)

    @property
    def ready(self) -> bool:
        return bool(self._state()["ready"])

    def _state(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.home.state.read_text()))
        except FileNotFoundError:
            return {"url": "", "ready": False, "supervisor": 0, "processes": {}}


@contextlib.contextmanager
def start(data: Path | None = None, *, port: int = 0, left_out: str = "") -> Iterator[Platform]:
    """A platform of one's own, stopped at the end; without a data folder it keeps nothing."""
    with contextlib.ExitStack() as resources:
        folder = data or resources.enter_context(_throwaway_folder())
        yield resources.enter_context(_started(folder.absolute(), f"--port={port}", f"--except={left_out}"))


def running(data: Path = ROOT / ".data") -> Platform | None:
    """The platform that `make run` has started on the data folder, once it is ready."""
    platform = Platform(Home(data.absolute()))
    return platform if platform.ready and _is_alive(platform.supervisor) else None


@contextlib.contextmanager
def _started(folder: Path, *options: str) -> Iterator[Platform]:
    command = [sys.executable, "-m", "deploy.local", "run", "--attached", f"--data={folder}", *options]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            platform = Platform(Home(folder))
            while not (platform.ready and platform.supervisor == process.pid):
                if process.poll() is not None:
                    said.seek(0)
                    raise CannotStart(said.read().decode(errors="replace").strip())
                time.sleep(0.05)
            yield platform
        finally:
            process.terminate()
            process.wait()


def _is_alive(pid: int) -> bool:
    try:
        return b"deploy.local" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _throwaway_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="perennial-") as name:
        try:
            yield Path(name)
        finally:
            postgres.discard(Path(name))
