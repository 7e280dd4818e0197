"""Python programs as forks of one process that has the libraries loaded.

Loading them takes a second of a core; ten programs that start together would each spend it. Only libraries are loaded
before the fork, so a program that is started again runs its source as it is then.
"""

import asyncio
import contextlib
import multiprocessing
import os
import runpy
import signal
import sys
import threading
from collections.abc import Iterator
from multiprocessing import forkserver, resource_tracker
from multiprocessing.process import BaseProcess

from deploy.local.packages import ROOT
from deploy.local.processes import Module, name_process, request_death_signal

LIBRARIES = [
    "aiohttp", "alembic", "asyncpg", "email_validator", "fastapi", "httpx", "jwt", "msgspec", "phonenumbers",
    "prometheus_client", "pydantic_settings", "sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.ext.asyncio",
    "structlog", "uvicorn", "uvloop",
]  # fmt: skip

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(LIBRARIES)


class Fork:
    """A forked program; waited for and signalled like a process of asyncio."""

    def __init__(self, process: BaseProcess) -> None:
        assert process.pid is not None
        self.pid = process.pid
        self._process = process
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(process.sentinel, self._end)

    @property
    def returncode(self) -> int | None:
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def send_signal(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set_result(self._process.exitcode or 0)


@contextlib.contextmanager
def prepared() -> Iterator[None]:
    """Begin to load the libraries; whoever starts a program waits for that. All programs end before the block does."""
    forkserver.ensure_running()
    try:
        yield
    finally:
        # They would end by themselves, but a moment after us.
        forkserver._forkserver._stop()  # type: ignore[attr-defined]  # noqa: SLF001
        resource_tracker._resource_tracker._stop()  # type: ignore[attr-defined]  # noqa: SLF001


def start(program: Module) -> Fork:
    """Run the program in a session of its own, its output appended to its log."""
    process = _forks.Process(target=_become, args=(program,), name=program.name)
    process.start()
    return Fork(process)


def _become(program: Module) -> None:
    request_death_signal(signal.SIGKILL)  # at the death of what forked us
    threading.Thread(target=_end_with_supervisor, daemon=True).start()
    os.setsid()
    name_process(program.name)
    os.chdir("/")
    os.environ.clear()
    os.environ.update(program.env)
    with program.log.open("ab") as log:
        os.dup2(log.fileno(), sys.stdout.fileno())
        os.dup2(log.fileno(), sys.stderr.fileno())
    sys.path.remove(str(ROOT))  # where the supervisor was found; a program of the platform finds only its own
    sys.argv = [program.module]
    runpy.run_module(program.module, run_name="__main__", alter_sys=True)


def _end_with_supervisor() -> None:
    supervisor = multiprocessing.parent_process()
    assert supervisor is not None
    supervisor.join()
    os.kill(os.getpid(), signal.SIGKILL)
