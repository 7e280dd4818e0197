"""Stores in sets."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg
from pydantic import TypeAdapter
from sqlalchemy import select

from crmkit.events import outbox
from crmkit.web import lists
from crmkit.web.batches import Effect, Outcome
from customer.intake import Mode
from customer.stores.models import StoreRow
from customer.stores.schemas import NewStore, Store, StoreQuery

STORES: Final = lists.List(select(StoreRow), StoreQuery, columns=StoreRow.__table__.c, model=Store)

_FIELDS: Final = [name for name in NewStore.model_fields if name != "store_id"]
_ROW: Final = ", ".join(_FIELDS)
_PRESENT: Final = ", ".join(f"s.{name}" for name in _FIELDS)
_MERGED: Final = ", ".join(
    f"case when $2 then excluded.{name} else coalesce(excluded.{name}, s.{name}) end" for name in _FIELDS
)
_UPSERT: Final = f"""
insert into stores as s (store_id, {_ROW})
select store_id, {_ROW} from json_populate_recordset(null::stores, $1::json) order by store_id
on conflict (store_id) do update
set ({_ROW}) = row ({_MERGED}), version = s.version + 1, updated_at = clock_timestamp()
where not $3 and ({_PRESENT}) is distinct from ({_MERGED})
returning s.id, s.version, s.store_id
"""
_PRESENT_IDS: Final = "select id, store_id from stores where store_id = any($1::text[])"
_TELL: Final = outbox.telling(
    "store",
    "case version when 1 then 'created' else 'updated' end",
    rows="stores s where id = any($2::uuid[])",
    document="store_document(s)",
)
_NEW: Final = TypeAdapter(list[NewStore])


async def take(connection: asyncpg.Connection, items: Sequence[NewStore], mode: Mode) -> list[Outcome]:
    """Store the stores and write their events; no two of them may have one number."""
    numbers, rows = [item.store_id for item in items], _NEW.dump_json(list(items)).decode()
    changed = await connection.fetch(_UPSERT, rows, mode is Mode.REPLACE, mode is Mode.INSERT)
    await connection.execute(_TELL, outbox.origin(), [row["id"] for row in changed])
    versions = {row["store_id"]: row["version"] for row in changed}
    ids = {number: id for id, number in await connection.fetch(_PRESENT_IDS, numbers)}
    return [_outcome(ids[number], versions.get(number), mode) for number in numbers]


def _outcome(id: UUID, version: int | None, mode: Mode) -> Outcome:
    if version is not None:
        return Outcome(id, Effect.CREATED if version == 1 else Effect.UPDATED)
    if mode is Mode.INSERT:
        return Outcome.refused("store_exists", "The number belongs to a store already.", existing_id=id)
    return Outcome(id, Effect.UNCHANGED)
