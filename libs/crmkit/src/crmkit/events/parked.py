"""Events that could not be applied: put aside with their error, what comes later of their resource behind them."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import asyncpg
import msgspec
from prometheus_client import Gauge
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import db
from crmkit.data.db import Database
from crmkit.events.cloudevents import Event

# The kind of the due work that tries the parked events of a consumer again.
REPLAY: Final = "replay_parked"
BEHIND: Final = "An earlier event of this resource is parked."

PARKED: Final = Gauge("feed_events_parked", "Events put aside because they could not be applied", ["consumer"])

_COUNT: Final = text("select count(*) from feed_parked where consumer = :consumer")
_BLOCKED: Final = text("select distinct source from feed_parked where consumer = :consumer and source = any(:sources)")
_PARK: Final = text(
    "insert into feed_parked (consumer, sequence, source, subject, event, error, attempts)"
    " values (:consumer, :sequence, :source, :subject, :event, :error, :attempts) on conflict do nothing"
)
_FORGET: Final = text("delete from feed_parked where consumer = :consumer")
_FREE: Final = text("delete from feed_parked where consumer = :consumer and subject = any(:subjects)")
_NEXT: Final = text(
    "select sequence, source, event from feed_parked where consumer = :consumer and sequence > :after"
    " order by sequence limit 1"
)
_HOLD: Final = text("select from feed_cursors where consumer = :consumer for update")
_UNPARK: Final = text("delete from feed_parked where consumer = :consumer and sequence = :sequence returning true")
_FAILED_AGAIN: Final = text(
    "update feed_parked set attempts = attempts + 1, error = :error where consumer = :consumer and sequence = :sequence"
)


async def counts(connection: asyncpg.Connection) -> dict[str, int]:
    """How many events each consumer has parked, of those that have any."""
    return dict(await connection.fetch("select consumer, count(*) from feed_parked group by consumer order by 1"))


async def count(session: AsyncSession, consumer: str) -> int:
    """How many events the consumer has parked; the gauge shows it."""
    found = await session.scalar(_COUNT, {"consumer": consumer}) or 0
    PARKED.labels(consumer).set(found)
    return found


async def park(session: AsyncSession, consumer: str, event: Event, error: str, attempts: int) -> None:
    """Put an event aside."""
    row = {
        "consumer": consumer,
        "sequence": event.sequence,
        "source": event.source,
        "subject": event.subject or event.source,
        "event": msgspec.json.encode(event),
        "error": error,
        "attempts": attempts,
    }
    await session.execute(_PARK, row)


async def free(session: AsyncSession, consumer: str, ended: Iterable[Event]) -> None:
    """Forget what is parked of the subjects of events after which nothing earlier matters."""
    subjects = [event.subject or event.source for event in ended]
    if subjects:
        await session.execute(_FREE, {"consumer": consumer, "subjects": subjects})


async def blocked(session: AsyncSession, consumer: str, batch: list[Event]) -> set[str]:
    """The sources of which something is parked: what comes later of them has to wait."""
    sources = list({event.source for event in batch})
    return set(await session.scalars(_BLOCKED, {"consumer": consumer, "sources": sources}))


async def forget(session: AsyncSession, consumer: str) -> None:
    """Forget everything that a consumer has parked."""
    await session.execute(_FORGET, {"consumer": consumer})


async def replay(
    database: Database, consumer: str, apply: Callable[[AsyncSession, Event], Awaitable[None]]
) -> tuple[int, int]:
    """Try a consumer's events again in feed order; (applied, still parked). A failing one keeps its resource's rest."""
    applied, kept, after = 0, set[str](), ""
    while (row := await _next(database, consumer, after)) is not None:
        after = row.sequence
        if row.source in kept:
            continue
        if await _repair(database, consumer, row, apply):
            applied += 1
        else:
            kept.add(row.source)
    async with database.begin() as session:
        return applied, await count(session, consumer)


async def _next(database: Database, consumer: str, after: str) -> db.Row | None:
    async with database.begin() as session:
        return (await session.execute(_NEXT, {"consumer": consumer, "after": after})).one_or_none()


async def _repair(
    database: Database, consumer: str, row: db.Row, apply: Callable[[AsyncSession, Event], Awaitable[None]]
) -> bool:
    place = {"consumer": consumer, "sequence": row.sequence}
    try:
        async with database.begin() as session:
            # Under the cursor's lock the consumer cannot park an event behind one that is just being repaired.
            await session.execute(_HOLD, place)
            if await session.scalar(_UNPARK, place):
                await apply(session, msgspec.json.decode(row.event, type=Event))
    except Exception as error:
        if db.is_transient(error):
            raise
        async with database.begin() as session:
            await session.execute(_FAILED_AGAIN, place | {"error": repr(error)})
        return False
    return True
