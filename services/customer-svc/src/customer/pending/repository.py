"""What waits for its customer, by the handle it came with.

Whoever finds a handle open and keeps something under it, and whoever stores or drops identifiers and looks for what
waits under them, must not miss one another: neither sees what the other has not committed. So the former take an
advisory lock that the latter share. Nobody who stores identifiers waits for another, and imports of orders take none.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import asyncpg

from customer.causes import Cause
from customer.references import repository as references
from customer.references.rules import Handle

_ALONE: Final = "select pg_advisory_xact_lock(hashtextextended('customer.pending', 0))"
_SHARED: Final = "select pg_advisory_xact_lock_shared(hashtextextended('customer.pending', 0))"
_KEEP: Final = """
insert into pending (id, noun, handle_kind, handle_source, handle_value, candidates, at, content,
    causation_id, traceparent)
select id, noun, kind, source, value, candidates::uuid[], at, content::jsonb, causation_id, traceparent
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[],
    $9::text[], $10::text[]) as n (id, kind, source, value, candidates, at, content, noun, causation_id, traceparent)
on conflict (id, noun) do nothing
"""
_CHANGE: Final = """
update pending p set version = p.version + 1, handle_kind = n.kind, handle_source = n.source, handle_value = n.value,
    candidates = n.candidates::uuid[], at = n.at,
    content = case when $8 then n.content::jsonb else p.content || jsonb_strip_nulls(n.content::jsonb) end
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[])
    as n (id, kind, source, value, candidates, at, content)
where p.id = n.id and (p.handle_kind, p.handle_source, p.handle_value, p.candidates, p.at, p.content)
    is distinct from (n.kind, n.source, n.value, n.candidates::uuid[], n.at,
        case when $8 then n.content::jsonb else p.content || jsonb_strip_nulls(n.content::jsonb) end)
returning p.id
"""
_ANY: Final = "select exists (select from pending)"
_WAITING: Final = """
select id, noun, handle_kind, handle_source, handle_value, candidates, at, content::text, causation_id, traceparent
from pending p
where (p.handle_kind, p.handle_source, p.handle_value) in (select * from unnest($1::text[], $2::text[], $3::text[]))
order by p.id for update
"""
_SET_CANDIDATES: Final = """
update pending p set version = p.version + 1, candidates = n.candidates::uuid[]
from unnest($1::uuid[], $2::text[]) as n (id, candidates)
where p.id = n.id and p.candidates <> n.candidates::uuid[] returning p.id
"""
_HOLD: Final = "select id from pending where id = any($1::uuid[]) order by id for update"
_DROP: Final = "delete from pending where id = any($1::uuid[])"

# More are more than anyone reads; a switchboard's number may have thousands.
CANDIDATES: Final = 20

Named = Mapping[Handle, Sequence[UUID]]


class Noun(StrEnum):
    INTERACTION = "interaction"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Pending:
    """Something under a handle, the customers that it might mean, when it happened, and the rest of it as JSON."""

    noun: Noun
    id: UUID
    handle: Handle
    candidates: Sequence[UUID]
    at: datetime
    content: str
    cause: Cause | None = None


def is_open(handle: Handle, named: Named) -> bool:
    """Whether a handle names no customer yet, or several. An id is given out here: one unknown never comes."""
    return handle.kind != "id" and len(named.get(handle, ())) != 1


async def resolve(connection: asyncpg.Connection, handles: Collection[Handle]) -> Named:
    """The customers each handle names; where one is open, that holds until this transaction ends."""
    named = await references.find_customers(connection, handles)
    if not any(is_open(handle, named) for handle in handles):
        return named
    await connection.execute(_ALONE)
    return await references.find_customers(connection, handles)


async def waiting(connection: asyncpg.Connection, handles: Collection[Handle]) -> list[Pending]:
    """Lock what waits under handles that this transaction has stored or dropped."""
    await connection.execute(_SHARED)
    if not await connection.fetchval(_ANY):
        return []
    rows = await connection.fetch(_WAITING, *_handle_columns(list(handles)))
    return [_pending(row) for row in rows]


async def keep(connection: asyncpg.Connection, items: Sequence[Pending]) -> None:
    """Keep what has to wait; what is kept already stays as it is."""
    causes = [item.cause for item in items]
    await connection.execute(
        _KEEP,
        *_columns(items),
        [item.noun for item in items],
        [cause.event_id if cause else None for cause in causes],
        [cause.traceparent if cause else None for cause in causes],
    )


async def change(connection: asyncpg.Connection, items: Sequence[Pending], *, replaced: bool) -> set[UUID]:
    """Tell of kept things anew; the ids of those that changed. Members left null stay, unless they are replaced."""
    return _ids(await connection.fetch(_CHANGE, *_columns(items), replaced))


async def set_candidates(connection: asyncpg.Connection, candidates: Mapping[UUID, Sequence[UUID]]) -> set[UUID]:
    """Tell of held things whom they might mean now; the ids of those for which that is new."""
    arrays = [_array(each) for each in candidates.values()]
    return _ids(await connection.fetch(_SET_CANDIDATES, list(candidates), arrays))


async def hold(connection: asyncpg.Connection, ids: Collection[UUID]) -> set[UUID]:
    """Lock those of these that still wait."""
    return _ids(await connection.fetch(_HOLD, list(ids)))


async def drop(connection: asyncpg.Connection, ids: Collection[UUID]) -> None:
    """Forget held things that have found their customers."""
    await connection.execute(_DROP, list(ids))


def _pending(row: asyncpg.Record) -> Pending:
    return Pending(
        noun=Noun(row["noun"]),
        id=row["id"],
        handle=Handle(row["handle_kind"], row["handle_source"], row["handle_value"]),
        candidates=row["candidates"],
        at=row["at"],
        content=row["content"],
        cause=Cause(row["causation_id"], row["traceparent"]) if row["causation_id"] else None,
    )


def _columns(items: Sequence[Pending]) -> list[list[Any]]:
    return [
        [item.id for item in items],
        *_handle_columns([item.handle for item in items]),
        [_array(item.candidates) for item in items],
        [item.at for item in items],
        [item.content for item in items],
    ]


def _handle_columns(handles: Sequence[Handle]) -> tuple[list[str], list[str], list[str]]:
    return [h.kind for h in handles], [h.source for h in handles], [h.value for h in handles]


def _array(candidates: Iterable[UUID]) -> str:
    """Candidates as Postgres writes an array: a statement takes no array of arrays of different lengths."""
    return "{" + ",".join(map(str, sorted(candidates)[:CANDIDATES])) + "}"


def _ids(rows: Iterable[asyncpg.Record]) -> set[UUID]:
    return {row[0] for row in rows}
