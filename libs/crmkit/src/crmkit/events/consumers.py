"""The loop that turns another service's feed into this service's projection, each event exactly once.

Effects and cursor commit together, under the lock of the cursor's row; so a kill repeats nothing and two workers
of one service do not get in each other's way. A producer restored from backup has a new epoch: the consumer reads
again from the start, and its projections ignore versions they already have.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import httpx
import msgspec
import structlog
from prometheus_client import Counter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit import context
from crmkit.data import db
from crmkit.data.db import Database
from crmkit.events import cloudevents
from crmkit.events.cloudevents import Event

log = structlog.get_logger()

APPLIED: Final = Counter("feed_events_applied_total", "Events applied", ["consumer"])
PARKED: Final = Counter("feed_events_parked_total", "Events parked after failing", ["consumer"])

ATTEMPTS: Final = 5
PAGE: Final = 1000
WAIT_S: Final = 20
PAUSE_S: Final = 1.0
FAULTS: Final = (httpx.HTTPError, msgspec.DecodeError, OSError)

Apply = Callable[[AsyncSession, list[Event]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Consumer:
    """One feed and what is done with its events, in feed order, in batches.

    feed: the producing service. apply: writes the effects of a batch into the session, set by set; it is never
    given an event twice, save after a new epoch of the producer, and ignores the types it does not know.
    final: types after which nothing earlier of their subject matters: they free it of what is parked.
    """

    feed: str
    apply: Apply
    final: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        return self.feed


async def consume_forever(database: Database, gateway: httpx.AsyncClient, consumer: Consumer) -> None:
    """Follow the feed until cancelled; whatever is down only delays."""
    context.enter(context.Context(actor=f"consumer:{consumer.name}"))
    while True:
        try:
            await consume_once(database, gateway, consumer, wait_s=WAIT_S)
        except Exception as error:
            if not (isinstance(error, FAULTS) or db.is_transient(error)):
                raise
            log.warning("consumer_delayed", consumer=consumer.name, error=repr(error))
            await asyncio.sleep(PAUSE_S)


async def consume_once(database: Database, gateway: httpx.AsyncClient, consumer: Consumer, *, wait_s: float = 0) -> int:
    """Apply what lies after the cursor, the next page read while a full one is applied; the count of the events."""
    async with database.begin() as session:
        cursor = await _cursor(session, consumer)
    batch = await _fetch(database, gateway, consumer, _Place(cursor, cursor), wait_s)
    count = len(batch)
    while len(batch) == PAGE:
        after = batch[-1].sequence
        ahead = asyncio.create_task(_fetch(database, gateway, consumer, _Place(after, handled=cursor), 0))
        try:
            await apply_batch(database, consumer, cursor, batch)
            cursor, batch = after, await ahead
        finally:
            ahead.cancel()
        count += len(batch)
    if batch:
        await apply_batch(database, consumer, cursor, batch)
    return count


@dataclass(frozen=True, slots=True)
class _Place:
    """Where to read, and up to where everything is handled: the producer tells others the latter."""

    after: str
    handled: str


async def _fetch(
    database: Database, gateway: httpx.AsyncClient, consumer: Consumer, place: _Place, wait_s: float
) -> list[Event]:
    params: dict[str, str | int | float] = {
        "after": place.after,
        "handled": place.handled,
        "limit": PAGE,
        "wait": wait_s,
    }
    response = await gateway.get(f"/v1/feeds/{consumer.feed}", params=params, timeout=wait_s + 15)
    if response.status_code == 409:
        await _start_again(database, consumer, place.after)
        return []
    return cloudevents.decode_batch(response.raise_for_status().content)


async def apply_batch(database: Database, consumer: Consumer, cursor: str, batch: list[Event]) -> None:
    """Apply a page as one transaction; when an event of it fails, event by event."""
    try:
        await _apply(database, consumer, cursor, batch)
    except Exception as error:
        if db.is_transient(error):
            raise
        log.warning("batch_failed", consumer=consumer.name, error=repr(error))
        for event in batch:
            await _apply_stubborn(database, consumer, cursor, event)
            cursor = event.sequence


async def _apply(database: Database, consumer: Consumer, cursor: str, batch: list[Event]) -> None:
    async with database.begin() as session:
        if not await _hold(session, consumer, cursor):
            return
        await _free_ended(session, consumer, batch)
        blocked = await _blocked_subjects(session, consumer, batch)
        for event in batch:
            if _subject(event) in blocked:
                await _park(session, consumer, event, "An earlier event of this subject is parked.", 0)
        free = [event for event in batch if _subject(event) not in blocked]
        if free:
            await consumer.apply(session, free)
        await _move(session, consumer, batch[-1].sequence)
    APPLIED.labels(consumer.name).inc(len(free))


async def _apply_stubborn(database: Database, consumer: Consumer, cursor: str, event: Event) -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            await _apply(database, consumer, cursor, [event])
            return
        except Exception as error:
            if db.is_transient(error):
                raise
            fault = error
            await asyncio.sleep(0.01 * 2**attempt)
    async with database.begin() as session:
        if await _hold(session, consumer, cursor):
            await _park(session, consumer, event, repr(fault), ATTEMPTS)
            await _move(session, consumer, event.sequence)
            PARKED.labels(consumer.name).inc()
            log.error("event_parked", consumer=consumer.name, sequence=event.sequence, error=repr(fault))


async def replay(database: Database, consumer: Consumer) -> tuple[int, int]:
    """Try the parked events again in feed order; (applied, still parked). A failing one keeps its subject's rest."""
    context.enter(context.Context(actor=f"consumer:{consumer.name}"))
    applied, kept, after = 0, set[str](), ""
    while (parked := await _next_parked(database, consumer, after)) is not None:
        after = parked.sequence
        if parked.subject in kept:
            continue
        if await _repair(database, consumer, parked):
            applied += 1
        else:
            kept.add(parked.subject)
    async with database.begin() as session:
        return applied, await session.scalar(_STILL, {"consumer": consumer.name}) or 0


async def _repair(database: Database, consumer: Consumer, parked: db.Row) -> bool:
    row = {"consumer": consumer.name, "sequence": parked.sequence}
    try:
        async with database.begin() as session:
            # Under the cursor's lock the consumer cannot park an event behind one that is just being repaired.
            await session.execute(_HOLD, {"consumer": consumer.name})
            if await session.scalar(_UNPARK, row):
                await consumer.apply(session, [msgspec.json.decode(parked.event, type=Event)])
    except Exception as error:
        if db.is_transient(error):
            raise
        async with database.begin() as session:
            await session.execute(_FAILED_AGAIN, row | {"error": repr(error)})
        return False
    return True


_CURSOR: Final = text("select cursor from feed_cursors where consumer = :consumer")
_FIRST: Final = text("insert into feed_cursors (consumer) values (:consumer) on conflict do nothing")
_HOLD: Final = text("select cursor from feed_cursors where consumer = :consumer for update")
_MOVE: Final = text("update feed_cursors set cursor = :cursor, updated_at = now() where consumer = :consumer")
_BLOCKED: Final = text(
    "select distinct subject from feed_parked where consumer = :consumer and subject = any(:subjects)"
)
_PARK: Final = text(
    "insert into feed_parked (consumer, sequence, subject, event, error, attempts)"
    " values (:consumer, :sequence, :subject, :event, :error, :attempts) on conflict do nothing"
)
_NEXT_PARKED: Final = text(
    "select sequence, subject, event from feed_parked where consumer = :consumer and sequence > :after"
    " order by sequence limit 1"
)
_STILL: Final = text("select count(*) from feed_parked where consumer = :consumer")
_FORGET: Final = text("delete from feed_parked where consumer = :consumer")
_FREE: Final = text("delete from feed_parked where consumer = :consumer and subject = any(:subjects)")
_UNPARK: Final = text("delete from feed_parked where consumer = :consumer and sequence = :sequence returning true")
_FAILED_AGAIN: Final = text(
    "update feed_parked set attempts = attempts + 1, error = :error where consumer = :consumer and sequence = :sequence"
)


async def _cursor(session: AsyncSession, consumer: Consumer) -> str:
    found: str | None = await session.scalar(_CURSOR, {"consumer": consumer.name})
    if found is None:
        await session.execute(_FIRST, {"consumer": consumer.name})
    return found or ""


async def _hold(session: AsyncSession, consumer: Consumer, cursor: str) -> bool:
    """Lock the cursor; False when another worker has moved it meanwhile."""
    return bool(await session.scalar(_HOLD, {"consumer": consumer.name}) == cursor)


async def _move(session: AsyncSession, consumer: Consumer, cursor: str) -> None:
    await session.execute(_MOVE, {"consumer": consumer.name, "cursor": cursor})


async def _start_again(database: Database, consumer: Consumer, cursor: str) -> None:
    log.warning("feed_epoch_changed", consumer=consumer.name)
    async with database.begin() as session:
        if await _hold(session, consumer, cursor):
            # What is parked comes again with everything else, under its new place.
            await session.execute(_FORGET, {"consumer": consumer.name})
            await _move(session, consumer, "")


def _subject(event: Event) -> str:
    return event.subject or event.source


async def _free_ended(session: AsyncSession, consumer: Consumer, batch: list[Event]) -> None:
    ended = [_subject(event) for event in batch if event.type in consumer.final]
    if ended:
        await session.execute(_FREE, {"consumer": consumer.name, "subjects": ended})


async def _blocked_subjects(session: AsyncSession, consumer: Consumer, batch: list[Event]) -> set[str]:
    subjects = list({_subject(event) for event in batch})
    found = await session.scalars(_BLOCKED, {"consumer": consumer.name, "subjects": subjects})
    return set(found)


async def _park(session: AsyncSession, consumer: Consumer, event: Event, error: str, attempts: int) -> None:
    row = {
        "consumer": consumer.name,
        "sequence": event.sequence,
        "subject": _subject(event),
        "event": msgspec.json.encode(event),
        "error": error,
        "attempts": attempts,
    }
    await session.execute(_PARK, row)


async def _next_parked(database: Database, consumer: Consumer, after: str) -> db.Row | None:
    async with database.begin() as session:
        return (await session.execute(_NEXT_PARKED, {"consumer": consumer.name, "after": after})).one_or_none()
