"""What waits for its customer, by the handle it came with.

Whoever finds a handle open and keeps something under it, and whoever stores or drops an identifier at that moment, do
not see what the other has not committed. So what is kept is looked at once more, as due work, when both have ended.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import asyncpg

from crmkit.work import due
from customer import intake
from customer.intake import NO_CAUSE, Cause
from customer.references import repository as references
from customer.references.rules import Handle

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
from pending p where {which} order by p.id for update
"""
_UNDER: Final = _WAITING.format(
    which="(handle_kind, handle_source, handle_value) in (select * from unnest($1::text[], $2::text[], $3::text[]))"
)
_OF_IDS: Final = _WAITING.format(which="p.id = any($1::uuid[])")
_SET_CANDIDATES: Final = """
update pending p set version = p.version + 1, candidates = n.candidates::uuid[]
from unnest($1::uuid[], $2::text[]) as n (id, candidates)
where p.id = n.id and p.candidates <> n.candidates::uuid[] returning p.id
"""
_HOLD: Final = "select id from pending where id = any($1::uuid[]) order by id for update"
_DROP: Final = "delete from pending where id = any($1::uuid[])"

# More are more than anyone reads; a switchboard's number may have thousands.
CANDIDATES: Final = 20
LINK: Final = "link"
# Longer than transactions that store identifiers take.
SOON: Final = timedelta(seconds=10)

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
    cause: Cause = NO_CAUSE


def is_open(handle: Handle, named: Named) -> bool:
    """Whether a handle names no customer yet, or several."""
    return len(named.get(handle, ())) != 1


async def waiting(connection: asyncpg.Connection, handles: Collection[Handle]) -> list[Pending]:
    """Lock what waits under these handles."""
    if not await connection.fetchval(_ANY):
        return []
    return [_pending(row) for row in await connection.fetch(_UNDER, *references.columns(handles))]


async def still_waiting(connection: asyncpg.Connection, ids: Collection[UUID]) -> list[Pending]:
    """Lock those of these that still wait."""
    return [_pending(row) for row in await connection.fetch(_OF_IDS, list(ids))]


async def keep(connection: asyncpg.Connection, items: Sequence[Pending]) -> None:
    """Keep what has to wait, and have it looked at once more; what is kept already stays as it is."""
    causes = intake.by_cause([item.cause for item in items])
    await connection.execute(_KEEP, *_columns(items), [item.noun for item in items], *causes)
    await look_once_more(connection, LINK, [item.id for item in items])


async def look_once_more(connection: asyncpg.Connection, kind: str, ids: Iterable[UUID]) -> None:
    """Have `kind` done with these when those have ended who did not see them, and were not seen."""
    await due.put(connection, kind, map(str, ids), datetime.now(UTC) + SOON)


async def change(connection: asyncpg.Connection, items: Sequence[Pending], *, replaced: bool) -> set[UUID]:
    """Tell of kept things anew; the ids of those that changed. Members left null stay, unless they are replaced."""
    changed = _ids(await connection.fetch(_CHANGE, *_columns(items), replaced))
    await look_once_more(connection, LINK, changed)
    return changed


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
        cause=Cause(row["causation_id"], row["traceparent"]),
    )


def _columns(items: Sequence[Pending]) -> list[list[Any]]:
    return [
        [item.id for item in items],
        *references.columns(item.handle for item in items),
        [_array(item.candidates) for item in items],
        [item.at for item in items],
        [item.content for item in items],
    ]


def _array(candidates: Iterable[UUID]) -> str:
    """Candidates as Postgres writes an array: a statement takes no array of arrays of different lengths."""
    return "{" + ",".join(map(str, sorted(candidates)[:CANDIDATES])) + "}"


def _ids(rows: Iterable[asyncpg.Record]) -> set[UUID]:
    return {row[0] for row in rows}
