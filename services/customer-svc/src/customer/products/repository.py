"""Products in sets."""

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
from customer.products.models import DOCUMENT, products
from customer.products.schemas import NewProduct, Product, ProductQuery

PRODUCTS: Final = lists.List(select(DOCUMENT), ProductQuery, columns=products.c, model=Product, document=DOCUMENT)

_FIELDS: Final = [name for name in NewProduct.model_fields if name not in ("source", "external_id")]
_ROW: Final = ", ".join(_FIELDS)
_PRESENT: Final = ", ".join(f"p.{name}" for name in _FIELDS)
_MERGED: Final = ", ".join(
    f"case when $2 then excluded.{name} else coalesce(excluded.{name}, p.{name}) end" for name in _FIELDS
)
_UPSERT: Final = f"""
insert into products as p (source, external_id, {_ROW})
select source, external_id, {_ROW} from json_populate_recordset(null::products, $1::json)
order by source, external_id
on conflict (source, external_id) do update
set ({_ROW}) = row ({_MERGED}), version = p.version + 1, updated_at = clock_timestamp()
where not $3 and ({_PRESENT}) is distinct from ({_MERGED})
returning p.id, p.version, p.source, p.external_id
"""
_PRESENT_IDS: Final = """
select p.id, p.source, p.external_id from unnest($1::text[], $2::text[]) as n (source, external_id)
join products p using (source, external_id)
"""
_ARCHIVE: Final = """
update products set archived_at = clock_timestamp(), version = version + 1, updated_at = clock_timestamp()
where id = $1 and archived_at is null returning id
"""
_TELL: Final = outbox.telling(
    "product",
    "case version when 1 then 'created' else 'updated' end",
    rows="products p where id = any($2::uuid[])",
    document="product_document(p)",
)
_HOLD: Final = "select version from products where id = $1 for update"
READ: Final = "select product_document(p)::text, version from products p where id = $1"
_NEW: Final = TypeAdapter(list[NewProduct])


async def take(connection: asyncpg.Connection, items: Sequence[NewProduct], mode: Mode) -> list[Outcome]:
    """Store the products and write their events; no two of them may have one external id."""
    keys = [item.source for item in items], [item.external_id for item in items]
    rows = _NEW.dump_json(list(items)).decode()
    changed = await connection.fetch(_UPSERT, rows, mode is Mode.REPLACE, mode is Mode.INSERT)
    await connection.execute(_TELL, outbox.origin(), [row["id"] for row in changed])
    versions = {(row["source"], row["external_id"]): row["version"] for row in changed}
    ids = {(source, key): id for id, source, key in await connection.fetch(_PRESENT_IDS, *keys)}
    return [_outcome(ids[key], versions.get(key), mode) for key in zip(*keys, strict=True)]


def _outcome(id: UUID, version: int | None, mode: Mode) -> Outcome:
    if version is not None:
        return Outcome(id, Effect.CREATED if version == 1 else Effect.UPDATED)
    if mode is Mode.INSERT:
        return Outcome.refused("product_exists", "The external id belongs to a product already.", existing_id=id)
    return Outcome(id, Effect.UNCHANGED)


async def hold(connection: asyncpg.Connection, id: UUID) -> int | None:
    """Lock a product's row; its version, or None when there is none."""
    version: int | None = await connection.fetchval(_HOLD, id)
    return version


async def archive(connection: asyncpg.Connection, id: UUID) -> None:
    """Archive a held product, unless it is, and write its event."""
    if await connection.fetchval(_ARCHIVE, id):
        await connection.execute(_TELL, outbox.origin(), [id])
