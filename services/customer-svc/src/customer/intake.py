"""What the ways in share: a mode, the event behind a change, batches, items that must not meet in one statement.

The same set statements take one posted customer, a batch of a thousand and a chunk of an import.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

import asyncpg
from pydantic import JsonValue

from crmkit.data import audit
from crmkit.data.contact_points import Unreadable
from crmkit.events import outbox
from crmkit.events.cloudevents import Event
from crmkit.problems import Invalid, Problem
from crmkit.web import batches
from crmkit.web.batches import BatchResult, BatchResults, Effect, Outcome
from crmkit.web.told import Told

T = TypeVar("T")


class Mode(StrEnum):
    """What an item does to a resource that is there: `upsert` merges, `insert` refuses, `replace` overwrites."""

    UPSERT = "upsert"
    INSERT = "insert"
    REPLACE = "replace"


class Cause(NamedTuple):
    """The event of another feed that led to a change here, and the trace it came by; both null where none did."""

    event_id: str | None = None
    traceparent: str | None = None

    @classmethod
    def of(cls, event: Event) -> "Cause":
        return cls(event.id, event.traceparent)


NO_CAUSE: Final = Cause()


def by_cause(causes: Sequence[Cause]) -> tuple[list[str | None], list[str | None]]:
    """(causation ids, traceparents), as columns of a set statement."""
    return [cause.event_id for cause in causes], [cause.traceparent for cause in causes]


def accepted(outcome: Outcome, *cases: type[Problem]) -> UUID:
    """The id of the one thing that was taken. Raises the case of these that has the code of its refusal."""
    why = outcome.refusal
    if why is None:
        assert outcome.id is not None
        return outcome.id
    members: dict[str, Any] = {"existing_id": str(why.existing_id)} if why.existing_id else {}
    if why.candidates:
        members["candidates"] = [str(id) for id in why.candidates]
    raise next(case for case in cases if case.code == why.code)(why.detail, **members)


async def told(connection: asyncpg.Connection, sql: str, id: UUID, missing: Problem) -> Told:
    """What a statement tells of an id: (document, version). Raises `missing` where there is nothing."""
    row = await connection.fetchrow(sql, id)
    if row is None:
        raise missing
    return Told(*row)


async def new_ids(connection: asyncpg.Connection, count: int) -> list[UUID]:
    """Ids for so many things, in order."""
    return [row[0] for row in await connection.fetch("select uuidv7() from generate_series(1, $1)", count)]


async def record(connection: asyncpg.Connection, action: str, path: str, outcomes: Sequence[Outcome]) -> None:
    """Leave an audit entry for each thing that was created; `path` is that of its list."""
    sql = audit.recording(action, rows="unnest($2::uuid[]) as n (id)", resource=f"'{path}/' || id")
    created = [outcome.id for outcome in outcomes if outcome.effect is Effect.CREATED]
    await connection.execute(sql, outbox.origin(), created)


async def in_batch(
    items: Sequence[JsonValue],
    read: Callable[[JsonValue], T],
    take: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]],
) -> BatchResults:
    """Refuse the items that cannot be read, each by itself, and take the others together; a result each, in order."""
    refused: dict[int, BatchResult] = {}
    readable: list[T] = []
    for index, item in enumerate(items):
        try:
            readable.append(read(item))
        except Invalid as error:
            refused[index] = batches.refused(error)
        except Unreadable as error:
            refused[index] = batches.refused(Invalid(str(error)))
    taken = map(batches.result, await take(readable))
    return BatchResults(data=[refused.get(index) or next(taken) for index in range(len(items))])


async def in_waves(
    items: Sequence[T],
    keys: Callable[[T], Iterable[Hashable]],
    take: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]],
) -> list[Outcome]:
    """Give items to `take` in rounds without a common key; the outcomes in the items' order."""
    outcomes: dict[int, Outcome] = {}
    for wave in waves(items, keys):
        outcomes |= zip(wave, await take([items[index] for index in wave]), strict=True)
    return [outcomes[index] for index in range(len(items))]


def waves(items: Sequence[T], keys: Callable[[T], Iterable[Hashable]]) -> Iterator[list[int]]:
    """Indexes of items in as few rounds as keep two items of one key apart, in order."""
    rounds: list[list[int]] = []
    last: dict[Hashable, int] = {}
    for index, item in enumerate(items):
        own = list(keys(item))
        place = max((last[key] + 1 for key in own if key in last), default=0)
        last.update(dict.fromkeys(own, place))
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(index)
    yield from rounds
