"""Interactions in sets, and the timeline of one customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import select

from crmkit import outbox, paging
from customer.timeline.models import interactions, timeline
from customer.timeline.schemas import Interaction, TimelineEntry

_NEW_IDS: Final = "select uuidv7() from generate_series(1, $1)"
_COLUMNS: Final = """
unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
"""
_PUT: Final = f"""
insert into interactions as i (customer_id, id, version, kind, occurred_at, summary, channel, resource)
select n.* from {_COLUMNS} as n (customer_id, id, version, kind, occurred_at, summary, channel, resource)
join customers c on c.id = n.customer_id
on conflict (customer_id, id) do update
set version = excluded.version, kind = excluded.kind, summary = excluded.summary, channel = excluded.channel,
    resource = excluded.resource
where i.version < excluded.version
"""
_EMIT: Final = """
insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
select 'perennial.interaction.recorded.v1', '/v1/interactions/' || i.id, i.customer_id::text, i.document,
    $3, $4, $5, $6
from unnest($1::uuid[], $2::uuid[]) as n (customer_id, id) join interaction_documents i using (customer_id, id)
"""


@dataclass(frozen=True, slots=True)
class Touch:
    """An interaction to keep; `version` settles which of two tellings of it is the newer."""

    customer_id: UUID
    id: UUID
    kind: str
    occurred_at: datetime
    summary: str
    version: int = 1
    channel: str | None = None
    resource: str | None = None


async def new_ids(connection: asyncpg.Connection, count: int) -> list[UUID]:
    return [row[0] for row in await connection.fetch(_NEW_IDS, count)]


async def put(connection: asyncpg.Connection, touches: Sequence[Touch]) -> None:
    """Keep the newest telling of each, where it first stood; those of customers unknown here are left out."""
    newest = {(t.customer_id, t.id): t for t in sorted(touches, key=lambda touch: touch.version)}
    rows = [newest[key] for key in sorted(newest)]
    names = ("customer_id", "id", "version", "kind", "occurred_at", "summary", "channel", "resource")
    await connection.execute(_PUT, *[[getattr(row, name) for row in rows] for name in names])


async def emit(connection: asyncpg.Connection, touches: Sequence[Touch]) -> None:
    """Write `perennial.interaction.recorded.v1` for interactions recorded here."""
    ids = [t.customer_id for t in touches], [t.id for t in touches]
    await connection.execute(_EMIT, *ids, *outbox.context_values())


def timeline_of(customer_id: UUID) -> paging.Listing:
    """Everything that happened with a customer, the newest first."""
    query = select(timeline).where(timeline.c.customer_id == customer_id)
    return paging.Listing(query, keys={"at": timeline.c.at}, tie=timeline.c.id, default="-at", model=TimelineEntry)


def listing(customer_id: UUID | None, kind: str | None) -> paging.Listing:
    """Interactions, the newest first."""
    query = select(interactions)
    if customer_id:
        query = query.where(interactions.c.customer_id == customer_id)
    if kind:
        query = query.where(interactions.c.kind == kind)
    keys = {"occurred_at": interactions.c.occurred_at}
    return paging.Listing(query, keys=keys, tie=interactions.c.id, default="-occurred_at", model=Interaction)
