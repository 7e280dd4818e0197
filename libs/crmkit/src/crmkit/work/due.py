"""Due work: what happens at a time is a row of `due`, deleted in the transaction of its effect: exactly once.

Whoever wants something to happen inserts a row in the transaction of its cause, by `put` or in SQL:
`insert into due (at, kind, ref)`. Any number of workers take what is due, oldest first; nothing is late after a
restart but by the restart. A schedule is the one row of its kind without a ref, whose effect inserts its successor.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

import asyncpg
import structlog
from prometheus_client import Gauge

from crmkit import context
from crmkit.data import db
from crmkit.data.db import Database

log = structlog.get_logger()

LATE: Final = Gauge("due_work_late_seconds", "How long ago the oldest due row taken last was due")

AT_ONCE: Final = 500
POLL_S: Final = 0.5
AGAIN_S: Final = 1.0
LONGEST_DELAY: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due; `ref` is what its kind needs to know, mostly an id."""

    at: datetime
    id: UUID
    kind: str
    ref: str
    attempts: int


# The rows are of one kind and already deleted; effects go into the connection's transaction.
Handler = Callable[[asyncpg.Connection, Sequence[Due]], Awaitable[None]]
Every = Mapping[str, tuple[timedelta, Handler]]

_PUT: Final = "insert into due (at, kind, ref) select $1, $2, unnest($3::text[])"
# now(), not clock_timestamp(), which is not stable: the whole index would be looked through.
_TAKE: Final = """
with taken as (
    select at, id from due where at <= now() and kind = any($1) order by at, id limit $2 for update skip locked
)
delete from due using taken where due.at = taken.at and due.id = taken.id
returning due.at, due.id, due.kind, due.ref, due.attempts
"""
_NEXT: Final = """
select extract(epoch from at - clock_timestamp())::float8 as seconds from due where kind = any($1) order by at limit 1
"""
_PUT_OFF: Final = """
insert into due (at, id, kind, ref, attempts) values (clock_timestamp() + $1::interval, $2, $3, $4, $5)
"""
_PLANT: Final = """
insert into due (at, kind, ref) select now(), unnest($1::text[]), '' on conflict (kind) where ref = '' do nothing
"""
_AGAIN: Final = "insert into due (at, kind, ref) values (now() + $1::interval, $2, '')"


async def put(connection: asyncpg.Connection, kind: str, refs: Iterable[str], at: datetime) -> None:
    """Have `kind` happen to each of `refs` at a time, if the connection's transaction commits."""
    await connection.execute(_PUT, at, kind, list(refs))


async def work_forever(database: Database, handlers: Mapping[str, Handler], every: Every) -> None:
    """Do what is due until cancelled; a lost database only delays it."""
    handlers = {**handlers, **{kind: _recurring(kind, *schedule) for kind, schedule in every.items()}}
    planted = False
    while True:
        try:
            if not planted:
                await database.one_statement(_PLANT, list(every))
                planted = True
            pause = 0.0 if await work_once(database, handlers) else await _until_next(database, handlers)
        except Exception as error:
            if not db.is_transient(error):
                raise
            log.warning("due_work_delayed", error=repr(error))
            pause = AGAIN_S
        await asyncio.sleep(pause)


@asynccontextmanager
async def working(database: Database, every: Every) -> AsyncIterator[None]:
    """Do recurring work while the block lasts: for a service that has no worker beside its API."""
    task = asyncio.create_task(work_forever(database, {}, every))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def work_once(database: Database, handlers: Mapping[str, Handler]) -> int:
    """Do the oldest of what is due, all in one transaction; the count of the rows taken."""
    async with database.transaction() as connection:
        rows = [Due(**row) for row in await connection.fetch(_TAKE, list(handlers), AT_ONCE)]
        rows.sort(key=lambda row: (row.kind, row.at, row.id))
        for kind, of_kind in groupby(rows, key=lambda row: row.kind):
            context.enter(context.Context(actor=f"due:{kind}"))
            await _do(connection, handlers[kind], list(of_kind))
    late = max((datetime.now(row.at.tzinfo) - row.at for row in rows), default=timedelta())
    LATE.set(late.total_seconds())
    return len(rows)


async def _do(connection: asyncpg.Connection, handler: Handler, rows: Sequence[Due]) -> None:
    """Together; when that fails one by one, so that a bad row holds up nobody: it alone is put off."""
    try:
        async with connection.transaction():
            await handler(connection, rows)
    except Exception as error:
        if connection.is_closed():
            raise
        if len(rows) == 1:
            await _put_off(connection, rows[0], error)
            return
        log.warning("due_batch_failed", kind=rows[0].kind, error=repr(error))
        for row in rows:
            await _do(connection, handler, [row])


async def _put_off(connection: asyncpg.Connection, row: Due, error: Exception) -> None:
    delay = min(timedelta(seconds=2 ** min(row.attempts, 12)), LONGEST_DELAY)
    log.error("due_work_put_off", kind=row.kind, ref=row.ref, due_at=str(row.at), delay=str(delay), exc_info=error)
    await connection.execute(_PUT_OFF, delay, row.id, row.kind, row.ref, row.attempts + 1)


async def _until_next(database: Database, handlers: Mapping[str, Handler]) -> float:
    """Seconds until something is due; not long, because somebody may put something sooner."""
    row = await database.one_statement(_NEXT, list(handlers))
    return POLL_S if row is None else min(max(row["seconds"], 0.0), POLL_S)


def _recurring(kind: str, interval: timedelta, handler: Handler) -> Handler:
    async def do_and_plant(connection: asyncpg.Connection, rows: Sequence[Due]) -> None:
        await handler(connection, rows)
        await connection.execute(_AGAIN, interval, kind)

    return do_and_plant
