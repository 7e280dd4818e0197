"""Refused attempts go to the audit table, added up: an attack makes the counts grow, not the table."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import structlog

from crmkit.data.db import Database, is_transient
from gateway.settings import DATABASE_TIMEOUT_S

KINDS = 1_000
FLUSH_S = 2.0

log = structlog.get_logger()

_INSERT = "insert into audit (actor, action, resource, detail, count) values ($1, $2, $3, $4, $5)"


class RefusedRequest(NamedTuple):
    """actor: client id, or `peer:<address>`; resource: the routing table's row; code: of the problem."""

    actor: str
    resource: str
    code: str


_OTHERS = RefusedRequest("peer:others", "*", "refused")


class Refusals:
    """Counts by kind, written every few seconds in a transaction of their own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._counts: Counter[RefusedRequest] = Counter()

    def add(self, refusal: RefusedRequest, count: int = 1) -> None:
        full = len(self._counts) >= KINDS and refusal not in self._counts
        self._counts[_OTHERS if full else refusal] += count

    async def flush(self) -> None:
        if not self._counts:
            return
        counts, self._counts = self._counts, Counter()
        rows = [(r.actor, "refuse_access", r.resource, r.code, count) for r, count in counts.items()]
        try:
            async with asyncio.timeout(DATABASE_TIMEOUT_S), self._database.connection() as connection:
                await connection.executemany(_INSERT, rows)
        except Exception as error:
            for refusal, count in counts.items():
                self.add(refusal, count)
            log.warning("refusals_not_written", error=str(error), exc_info=not is_transient(error))


@asynccontextmanager
async def writing(refusals: Refusals) -> AsyncIterator[None]:
    """Flush now and then, and once more at the end."""
    writer = asyncio.create_task(_write(refusals))
    try:
        yield
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        await refusals.flush()


async def _write(refusals: Refusals) -> None:
    while True:
        await asyncio.sleep(FLUSH_S)
        await refusals.flush()
