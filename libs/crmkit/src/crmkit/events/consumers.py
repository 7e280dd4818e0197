"""The loop that turns another service's feed into this service's projection, each event exactly once.

Effects and cursor commit together, under the lock of the cursor's row; so a kill repeats nothing and two workers
of one service do not get in each other's way. A producer restored from backup has a new epoch: the consumer reads
again from the start, and its projections ignore versions they already have.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import structlog
from prometheus_client import Counter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit import context
from crmkit.data import db
from crmkit.data.db import Database
from crmkit.events import cloudevents, parked
from crmkit.events.cloudevents import Event

log = structlog.get_logger()

APPLIED: Final = Counter("feed_events_applied_total", "Events applied", ["consumer"])

ATTEMPTS: Final = 5
PAGE: Final = 1000
WAIT_S: Final = 20
PAUSE_S: Final = 1.0


class FeedUnavailable(Exception):
    """The feed cannot be read right now."""


class FeedEpochChanged(Exception):
    """The producer was restored: its old cursors are void."""


FAULTS: Final = (FeedUnavailable, msgspec.DecodeError, OSError)

# Reads a page of a feed, with these parameters; raises FeedUnavailable or FeedEpochChanged.
Read = Callable[[str, Mapping[str, Any]], Awaitable[bytes]]
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


async def consume_forever(database: Database, read: Read, consumer: Consumer) -> None:
    """Follow the feed until cancelled; whatever is down only delays."""
    while True:
        try:
            await consume_once(database, read, consumer, wait_s=WAIT_S)
        except Exception as error:
            if not (isinstance(error, FAULTS) or db.is_transient(error)):
                raise
            log.warning("consumer_delayed", consumer=consumer.name, error=repr(error))
            await asyncio.sleep(PAUSE_S)


async def consume_once(database: Database, read: Read, consumer: Consumer, *, wait_s: float = 0) -> int:
    """Apply what lies after the cursor, the next page read while a full one is applied; the count of the events."""
    _enter(consumer, [])
    async with database.begin() as session:
        cursor = await _cursor(session, consumer)
        told = {"limit": PAGE, "wait": wait_s, "parked": await parked.count(session, consumer.name)}
    batch = await _fetch(database, read, consumer, {"after": cursor, "handled": cursor} | told)
    count = len(batch)
    while len(batch) == PAGE:
        after = batch[-1].sequence
        ahead = asyncio.create_task(
            _fetch(database, read, consumer, {"after": after, "handled": cursor} | told | {"wait": 0})
        )
        try:
            await apply_batch(database, consumer, cursor, batch)
            cursor, batch = after, await ahead
        finally:
            ahead.cancel()
        count += len(batch)
    if batch:
        await apply_batch(database, consumer, cursor, batch)
    return count


async def _fetch(database: Database, read: Read, consumer: Consumer, asked: dict[str, Any]) -> list[Event]:
    try:
        return cloudevents.decode_batch(await read(consumer.feed, asked))
    except FeedEpochChanged:
        await _start_again(database, consumer, asked["after"])
        return []


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
    _enter(consumer, batch)
    async with database.begin() as session:
        if not await _hold(session, consumer, cursor):
            return
        await parked.free(session, consumer.name, [event for event in batch if event.type in consumer.final])
        blocked = await parked.blocked(session, consumer.name, batch)
        for event in batch:
            if event.source in blocked:
                await parked.park(session, consumer.name, event, parked.BEHIND, 0)
        free = [event for event in batch if event.source not in blocked]
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
            await parked.park(session, consumer.name, event, repr(fault), ATTEMPTS)
            await _move(session, consumer, event.sequence)
            log.error("event_parked", consumer=consumer.name, sequence=event.sequence, error=repr(fault))


async def replay(database: Database, consumer: Consumer) -> tuple[int, int]:
    """Try the consumer's parked events again; (applied, still parked)."""

    async def apply(session: AsyncSession, event: Event) -> None:
        _enter(consumer, [event])
        await consumer.apply(session, [event])

    return await parked.replay(database, consumer.name, apply)


def _enter(consumer: Consumer, batch: list[Event]) -> None:
    """Let logs and effects tell where they come from: a single event from the request that made it."""
    actor = f"consumer:{consumer.name}"
    if len(batch) == 1:
        (event,) = batch
        context.enter(context.Context(actor, event.requestid, event.id, event.traceparent))
    else:
        context.enter(context.Context(actor))


_CURSOR: Final = text("select cursor from feed_cursors where consumer = :consumer")
_FIRST: Final = text("insert into feed_cursors (consumer) values (:consumer) on conflict do nothing")
_HOLD: Final = text("select cursor from feed_cursors where consumer = :consumer for update")
_MOVE: Final = text("update feed_cursors set cursor = :cursor, updated_at = now() where consumer = :consumer")


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
            await parked.forget(session, consumer.name)
            await _move(session, consumer, "")
