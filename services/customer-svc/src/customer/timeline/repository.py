"""Interactions in sets, and the timeline of one customer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import TEXT, cast, select

from crmkit.web import paging
from customer import causes
from customer.causes import Cause
from customer.intake import Effect, Mode, Outcome
from customer.pending import repository as pending
from customer.pending.repository import Noun, Pending
from customer.references.rules import Handle
from customer.timeline.models import documents, timeline
from customer.timeline.schemas import Interaction, InteractionFilters, NewInteraction, TimelineEntry

_NEW_IDS: Final = "select uuidv7() from generate_series(1, $1)"
_PUT: Final = """
insert into interactions as i (customer_id, id, version, kind, occurred_at, summary, channel, resource)
select n.* from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
    $8::text[]) as n (customer_id, id, version, kind, occurred_at, summary, channel, resource)
join customers c on c.id = n.customer_id
on conflict (customer_id, id) do update
set version = excluded.version, kind = excluded.kind, summary = excluded.summary, channel = excluded.channel,
    resource = excluded.resource
where i.version < excluded.version
returning i.customer_id, i.id
"""
_INSERT: Final = """
insert into interactions (customer_id, id, kind, occurred_at, summary, channel, source, external_id)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
    $8::text[])
"""
_LOCK: Final = """
select from interactions i join unnest($1::uuid[], $2::uuid[]) as n (customer_id, id) using (customer_id, id)
order by i.customer_id, i.id for update of i
"""
_CHANGE: Final = """
update interactions i set version = i.version + 1, kind = n.kind, occurred_at = n.occurred_at, summary = n.summary,
    channel = case when $7 then n.channel else coalesce(n.channel, i.channel) end
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
    as n (customer_id, id, kind, occurred_at, summary, channel)
where i.customer_id = n.customer_id and i.id = n.id and (i.kind, i.occurred_at, i.summary, i.channel)
    is distinct from (n.kind, n.occurred_at, n.summary,
        case when $7 then n.channel else coalesce(n.channel, i.channel) end)
returning i.id
"""
_LINK: Final = """
with found as (
    delete from pending p using unnest($1::uuid[], $2::uuid[]) as n (id, customer_id) where p.id = n.id
    returning n.customer_id, p.*
)
insert into interactions (customer_id, id, version, kind, occurred_at, summary, channel, source, external_id)
select customer_id, id, version + 1, content->>'kind', at, content->>'summary', content->>'channel',
    content->>'source', content->>'external_id'
from found
"""
_CLAIM: Final = """
insert into interaction_keys (source, external_id, interaction_id)
select * from unnest($1::text[], $2::text[], $3::uuid[]) as n (source, external_id, interaction_id)
order by source, external_id
on conflict do nothing
"""
_HOLDERS: Final = """
select k.source, k.external_id, k.interaction_id
from unnest($1::text[], $2::text[], $3::uuid[]) as n (source, external_id, interaction_id)
join interaction_keys k using (source, external_id) where k.interaction_id <> n.interaction_id
"""
_OWNERS: Final = "select id, customer_id from interactions where id = any($1::uuid[])"
_EMIT: Final = """
insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
select 'perennial.interaction.recorded.v1', '/v1/interactions/' || d.id, d.customer_id::text, d.document,
    $3, $4, n.causation_id, n.traceparent
from unnest($1::uuid[], $2::uuid[], $5::text[], $6::text[]) as n (customer_id, id, causation_id, traceparent)
join interaction_documents d on d.id = n.id and {customer}
"""
_EMIT_KNOWN: Final = _EMIT.format(customer="d.customer_id = n.customer_id")
_EMIT_PENDING: Final = _EMIT.format(customer="d.customer_id is null")
# The newest, should a ticket have stood on two timelines.
_FIND: Final = """
select version, document::text from interaction_documents where id = $1 order by version desc limit 1
"""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Touch:
    """What another service tells of a customer; `version` settles which of two tellings of it is the newer."""

    customer_id: UUID
    id: UUID
    kind: str
    occurred_at: datetime
    summary: str
    channel: str | None = None
    version: int = 1
    resource: str | None = None
    cause: Cause | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An interaction as a client tells it. It waits under `handle` while `customer_id` is null."""

    id: UUID
    new: NewInteraction
    handle: Handle
    customer_id: UUID | None
    candidates: Sequence[UUID]

    @property
    def key(self) -> Key | None:
        return (self.new.source, self.new.external_id) if self.new.external_id is not None else None


@dataclass(frozen=True, slots=True)
class _Present:
    """An interaction that has its external id already; `customer_id` is null while it waits."""

    id: UUID
    customer_id: UUID | None

    def is_of_another(self, item: Recorded) -> bool:
        return None not in (self.customer_id, item.customer_id) and self.customer_id != item.customer_id


async def new_ids(connection: asyncpg.Connection, count: int) -> list[UUID]:
    return [row[0] for row in await connection.fetch(_NEW_IDS, count)]


async def put(connection: asyncpg.Connection, touches: Sequence[Touch]) -> None:
    """Keep the newest telling of each, where it first stood, and write the events of what is new.

    Those of customers unknown here are left out.
    """
    newest = {(t.customer_id, t.id): t for t in sorted(touches, key=lambda touch: touch.version)}
    rows = [newest[key] for key in sorted(newest)]
    names = ("customer_id", "id", "version", "kind", "occurred_at", "summary", "channel", "resource")
    told = await connection.fetch(_PUT, *[[getattr(row, name) for row in rows] for name in names])
    keys = [(row[0], row[1]) for row in told]
    await emit(connection, keys, [newest[key].cause for key in keys])


async def take(connection: asyncpg.Connection, items: Sequence[Recorded], mode: Mode) -> list[Outcome]:
    """Record the interactions and write their events; no two of them may have one external id.

    One that is there already is told anew; what was linked stays linked, whatever its handle names by now.
    """
    present = await _claim(connection, [item for item in items if item.key])
    await _record(connection, [item for item in items if item.key not in present])
    again = [(item, present[item.key]) for item in items if item.key in present and mode is not Mode.INSERT]
    told = [(item, there) for item, there in again if not there.is_of_another(item)]
    changed = await _tell_again(connection, told, replaced=mode is Mode.REPLACE)
    return [_outcome(item, present.get(item.key), mode, changed) for item in items]


def _outcome(item: Recorded, there: _Present | None, mode: Mode, changed: set[UUID]) -> Outcome:
    if there is None:
        return Outcome(item.id, Effect.CREATED)
    if mode is Mode.INSERT:
        detail = "The external id belongs to an interaction already."
        return Outcome.refused("interaction_exists", detail, existing_id=there.id)
    if there.is_of_another(item):
        detail = "The interaction is there already, and is another customer's."
        return Outcome.refused("interaction_of_another_customer", detail, existing_id=there.customer_id)
    return Outcome(there.id, Effect.UPDATED if there.id in changed else Effect.UNCHANGED)


async def _claim(connection: asyncpg.Connection, items: Sequence[Recorded]) -> dict[Key | None, _Present]:
    """Take the external ids that are free; where the others' interactions stand, those that wait being held."""
    if not items:
        return {}
    keys = [item.new.source for item in items], [item.new.external_id for item in items], [item.id for item in items]
    await connection.execute(_CLAIM, *keys)
    taken = {(row[0], row[1]): row[2] for row in await connection.fetch(_HOLDERS, *keys)}
    # What is being linked at this moment is looked for only when that has ended.
    await pending.hold(connection, taken.values())
    owners = {row[0]: row[1] for row in await connection.fetch(_OWNERS, list(taken.values()))}
    return {key: _Present(id, owners.get(id)) for key, id in taken.items()}


async def _record(connection: asyncpg.Connection, items: Sequence[Recorded]) -> None:
    known, waiting = _apart(items)
    if known:
        keyed = [item.new.source if item.key else None for item in known]
        await connection.execute(_INSERT, *_columns(known), keyed, [item.new.external_id for item in known])
    if waiting:
        await pending.keep(connection, [_pending(item) for item in waiting])
    await _emit_all(connection, items)


async def _tell_again(
    connection: asyncpg.Connection, told: Sequence[tuple[Recorded, _Present]], *, replaced: bool
) -> set[UUID]:
    """Change what differs, and link what had to wait until now; the ids of all that changed."""
    if not told:
        return set()
    items = [replace(item, id=at.id, customer_id=at.customer_id or item.customer_id) for item, at in told]
    known, waiting = _apart(items)
    found = {at.id: item.customer_id for item, at in told if at.customer_id is None and item.customer_id}
    await link(connection, found)
    await connection.execute(_LOCK, *_columns(known)[:2])
    changed = {row[0] for row in await connection.fetch(_CHANGE, *_columns(known), replaced)}
    changed |= await pending.change(connection, [_pending(item) for item in waiting], replaced=replaced)
    await _emit_all(connection, [item for item in items if item.id in changed | found.keys()])
    return changed | found.keys()


async def link(connection: asyncpg.Connection, customers: Mapping[UUID, UUID]) -> None:
    """Move held interactions that waited to the timelines of their customers; their events are still to be written."""
    await connection.execute(_LINK, list(customers), list(customers.values()))


async def emit(
    connection: asyncpg.Connection, keys: Sequence[tuple[UUID | None, UUID]], of: Sequence[Cause | None]
) -> None:
    """Write `perennial.interaction.recorded.v1` for interactions by (customer id, id), and their causes."""
    for statement, is_meant in ((_EMIT_KNOWN, True), (_EMIT_PENDING, False)):
        meant = [(key, cause) for key, cause in zip(keys, of, strict=True) if (key[0] is not None) is is_meant]
        if meant:
            ids = [key[0] for key, _ in meant], [key[1] for key, _ in meant]
            await connection.execute(statement, *ids, *causes.origins([cause for _, cause in meant]))


async def _emit_all(connection: asyncpg.Connection, items: Sequence[Recorded]) -> None:
    await emit(connection, [(item.customer_id, item.id) for item in items], [None] * len(items))


def _apart(items: Sequence[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """Those whose customers are known, and those that have to wait."""
    return [item for item in items if item.customer_id], [item for item in items if not item.customer_id]


def _columns(items: Sequence[Recorded]) -> list[list[Any]]:
    return [
        [item.customer_id for item in items],
        [item.id for item in items],
        [item.new.kind for item in items],
        [item.new.occurred_at for item in items],
        [item.new.summary for item in items],
        [item.new.channel for item in items],
    ]


def _pending(item: Recorded) -> Pending:
    kept = {"kind", "summary", "channel", "external_id"} | ({"source"} if item.key else set())
    content = item.new.model_dump_json(include=kept)
    return Pending(Noun.INTERACTION, item.id, item.handle, item.candidates, item.new.occurred_at, content)


async def find(connection: asyncpg.Connection, id: UUID) -> tuple[int, str] | None:
    """(version, document) of an interaction."""
    row = await connection.fetchrow(_FIND, id)
    return (row[0], row[1]) if row else None


def timeline_of(customer_id: UUID) -> paging.Listing:
    """Everything that happened with a customer, the newest first."""
    query = select(timeline).where(timeline.c.customer_id == customer_id)
    return paging.Listing(query, keys={"at": timeline.c.at}, tie=timeline.c.id, default="-at", model=TimelineEntry)


def listing(filters: InteractionFilters) -> paging.Listing:
    """Interactions, the newest first; those that wait for their customers among them."""
    document = cast(documents.c.document, TEXT).label("document")
    query = select(documents.c.id, document)
    if filters.customer_id:
        query = query.where(documents.c.customer_id == filters.customer_id)
    if filters.kind:
        query = query.where(documents.c.kind == filters.kind)
    if filters.resolution:
        query = query.where(documents.c.resolution == filters.resolution)
    keys = {"occurred_at": documents.c.occurred_at}
    return paging.Listing(
        query, keys=keys, tie=documents.c.id, default="-occurred_at", model=Interaction, document=document
    )
