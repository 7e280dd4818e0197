"""The next chunk of an import is read while Postgres takes the present one: the two halves of the work side by side."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from crmkit.work import jobs
from customer.imports import repository, resources
from customer.imports.resources import Intake, ReadLines
from customer.imports.schemas import Resource


@dataclass(frozen=True, slots=True)
class StagedChunk:
    """A chunk's lines that are not empty with their numbers, what was read of them, and the count of all lines."""

    lines: Sequence[tuple[int, bytes]]
    read: ReadLines
    count: int


@dataclass
class Ahead:
    """Reads one chunk ahead, on a connection of its own; chunks are asked for in order."""

    run: jobs.Run
    resource: Resource
    how: Intake
    _coming: asyncio.Task[StagedChunk | None] | None = field(default=None, init=False)

    async def next(self, number: int) -> StagedChunk | None:
        """This chunk, while the one after it begins to be read; None after the last."""
        chunk = await (self._coming or self._read(number))
        self._coming = asyncio.create_task(self._read(number + 1)) if chunk else None
        return chunk

    async def _read(self, number: int) -> StagedChunk | None:
        async with self.run.database.connection() as connection:
            staged = await repository.read(connection, self.run.id, number)
        if staged is None:
            return None
        first_line, content = staged
        lines = [(place, line) for place, line in enumerate(content.split(b"\n"), first_line) if line.strip()]
        read = await resources.read(self.resource, [line for _, line in lines], self.how)
        return StagedChunk(lines, read, content.count(b"\n"))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._coming:
            self._coming.cancel()
            await asyncio.gather(self._coming, return_exceptions=True)
