"""Keep programs running: start, restart with backoff, stop; nothing here knows what they do."""

import asyncio
import contextlib
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from deploy.local.processes import CannotStart, Program, spawn_options

FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 10.0
STABLE_AFTER_S = 10.0
STOP_WITHIN_S = 8.0


@dataclass
class Child:
    """A program that is started again whenever it ends; it may have been started already."""

    program: Program
    changed: Callable[[], None] = lambda: None
    process: Process | None = None
    _again: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def keep(self) -> None:
        failures = 0
        while True:
            started = time.monotonic()
            code = await self._live()
            if not self._again.is_set():
                failures = 0 if time.monotonic() - started > STABLE_AFTER_S else failures + 1
                await self._pause(code, min(FIRST_DELAY_S * 2**failures, LONGEST_DELAY_S))
            self._again.clear()

    def restart(self) -> None:
        """Now: without waiting for the backoff, and without calling it a failure."""
        self._again.set()
        if self.process and self.alive:
            self.process.send_signal(self.program.stop_signal)

    async def stop(self) -> None:
        if not self.process or not self.alive:
            return
        self.process.send_signal(self.program.stop_signal)
        try:
            await asyncio.wait_for(self.process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()

    async def _live(self) -> int:
        if self.process is None or not self.alive:
            self.process = await start(self.program)
        self.changed()
        return await self.process.wait()

    async def _pause(self, code: int, delay: float) -> None:
        print(f"{self.program.name} {_ending(code)}; starting it again in {delay:.1f} s (log: {self.program.log})")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._again.wait(), delay)


@contextlib.asynccontextmanager
async def kept(children: Sequence[Child]) -> AsyncIterator[None]:
    """The children run inside the block, and none of them after it."""
    tasks = [asyncio.create_task(child.keep()) for child in children]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(child.stop() for child in children))


async def start(program: Program) -> Process:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as log:
        return await asyncio.create_subprocess_exec(*program.argv, stdout=log, **spawn_options(program))


async def complete(program: Program) -> None:
    """Run a program to its end, which must be a good one."""
    earlier = program.log.stat().st_size if program.log.exists() else 0
    process = await start(program)
    try:
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
    if code:
        raise CannotStart(f"{program.name} {_ending(code)}: {_last_line(program, earlier)} (log: {program.log})")


def _ending(code: int) -> str:
    return f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"


def _last_line(program: Program, earlier: int) -> str:
    """Of what it logged after what was there earlier."""
    lines = program.log.read_bytes()[earlier:].decode(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it gave no reason"
