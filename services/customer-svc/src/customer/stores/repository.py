"""Stores in sets."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import select

from crmkit.events import outbox
from crmkit.web import lists
from customer.intake import Effect, Mode, Outcome
from customer.stores.models import StoreRow
from customer.stores.schemas import NewStore, Store, StoreQuery

STORES: Final = lists.List(select(StoreRow), StoreQuery, columns=StoreRow.__table__.c, model=Store)

_UPSERT: Final = """
insert into stores as s (store_id, name, address, time_zone)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as n (store_id, name, address, time_zone)
order by n.store_id
on conflict (store_id) do update
set name = case when $5 then excluded.name else coalesce(excluded.name, s.name) end,
    address = case when $5 then excluded.address else coalesce(excluded.address, s.address) end,
    time_zone = case when $5 then excluded.time_zone else coalesce(excluded.time_zone, s.time_zone) end,
    version = s.version + 1, updated_at = clock_timestamp()
where not $6 and (s.name, s.address, s.time_zone) is distinct from
    (case when $5 then excluded.name else coalesce(excluded.name, s.name) end,
     case when $5 then excluded.address else coalesce(excluded.address, s.address) end,
     case when $5 then excluded.time_zone else coalesce(excluded.time_zone, s.time_zone) end)
returning s.id, s.version, s.store_id
"""
_PRESENT: Final = "select id, store_id from stores where store_id = any($1::text[])"
_EMIT: Final = """
insert into outbox (type, source, data, actor, request_id, causation_id, traceparent)
select 'perennial.store.' || case when s.version = 1 then 'created' else 'updated' end || '.v1',
    '/v1/stores/' || s.id, d.document, $2, $3, $4, $5
from stores s join store_documents d on d.id = s.id where s.id = any($1::uuid[])
"""


async def take(connection: asyncpg.Connection, items: Sequence[NewStore], mode: Mode) -> list[Outcome]:
    """Store the stores and write their events; no two of them may have one number."""
    columns = [[getattr(item, name) for item in items] for name in ("store_id", "name", "address", "time_zone")]
    insert = mode is Mode.INSERT
    changed = await connection.fetch(_UPSERT, *columns, mode is Mode.REPLACE, insert)
    await connection.execute(_EMIT, [row["id"] for row in changed], *outbox.context_values())
    versions = {row["store_id"]: row["version"] for row in changed}
    ids = {number: id for id, number in await connection.fetch(_PRESENT, columns[0])}
    return [_outcome(ids[number], versions.get(number), insert) for number in columns[0]]


def _outcome(id: UUID, version: int | None, insert: bool) -> Outcome:
    if version is None and insert:
        return Outcome.refused("store_exists", "The number belongs to a store already.", existing_id=id)
    if version is None:
        return Outcome(id, Effect.UNCHANGED)
    return Outcome(id, Effect.CREATED if version == 1 else Effect.UPDATED)
