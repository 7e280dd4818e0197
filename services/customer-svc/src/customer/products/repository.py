"""Products in sets."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import TEXT, cast, select

from crmkit.events import outbox
from crmkit.web import paging
from customer.intake import Effect, Mode, Outcome
from customer.products.models import documents
from customer.products.schemas import NewProduct, Product

FIELDS: Final = (
    "name",
    "department",
    "product_category",
    "product_type",
    "manufacturer_id",
    "brand",
    "package_size",
)
_ROW: Final = ", ".join(FIELDS)
_MERGED: Final = ", ".join(f"case when $10 then excluded.{f} else coalesce(excluded.{f}, p.{f}) end" for f in FIELDS)
_PRESENT: Final = ", ".join(f"p.{f}" for f in FIELDS)
_UPSERT: Final = f"""
insert into products as p (source, external_id, {_ROW})
select * from unnest($1::text[], $2::text[], {", ".join(f"${n}::text[]" for n in range(3, 10))})
    as n (source, external_id, {_ROW})
order by n.source, n.external_id
on conflict (source, external_id) do update
set ({_ROW}) = row ({_MERGED}), version = p.version + 1, updated_at = clock_timestamp()
where not $11 and ({_PRESENT}) is distinct from ({_MERGED})
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
_EMIT: Final = """
insert into outbox (type, source, data, actor, request_id, causation_id, traceparent)
select 'perennial.product.' || case when (n.version = 1) then 'created' else 'updated' end || '.v1',
    '/v1/products/' || d.id, d.document, $3, $4, $5, $6
from unnest($1::uuid[], $2::int[]) as n (id, version) join product_documents d on d.id = n.id
"""
_HOLD: Final = "select version from products where id = $1 for update"
_READ: Final = "select version, document::text from product_documents where id = $1"
_READ_BY_KEY: Final = "select version, document::text from product_documents where source = $1 and external_id = $2"


async def take(connection: asyncpg.Connection, items: Sequence[NewProduct], mode: Mode) -> list[Outcome]:
    """Store the products and write their events; no two of them may have one external id."""
    keys = [item.source for item in items], [item.external_id for item in items]
    columns = [[getattr(item, name) for item in items] for name in FIELDS]
    replace, insert = mode is Mode.REPLACE, mode is Mode.INSERT
    changed = await connection.fetch(_UPSERT, *keys, *columns, replace, insert)
    await _emit(connection, [(row["id"], row["version"]) for row in changed])
    versions = {(row["source"], row["external_id"]): row["version"] for row in changed}
    ids = {(source, key): id for id, source, key in await connection.fetch(_PRESENT_IDS, *keys)}
    return [_outcome(ids[key], versions.get(key), insert) for key in zip(*keys, strict=True)]


def _outcome(id: UUID, version: int | None, insert: bool) -> Outcome:
    if version is None and insert:
        return Outcome.refused("product_exists", "The external id belongs to a product already.", existing_id=id)
    if version is None:
        return Outcome(id, Effect.UNCHANGED)
    return Outcome(id, Effect.CREATED if version == 1 else Effect.UPDATED)


async def hold(connection: asyncpg.Connection, id: UUID) -> int | None:
    """Lock a product's row; its version, or None when there is none."""
    version: int | None = await connection.fetchval(_HOLD, id)
    return version


async def archive(connection: asyncpg.Connection, id: UUID) -> None:
    """Archive a product, unless it is, and write its event."""
    if await connection.fetchval(_ARCHIVE, id):
        read = await find(connection, id)
        assert read is not None
        await _emit(connection, [(id, read[0])])


async def find(connection: asyncpg.Connection, id: UUID) -> tuple[int, str] | None:
    """(version, document) of a product."""
    row = await connection.fetchrow(_READ, id)
    return (row[0], row[1]) if row else None


async def find_by_key(connection: asyncpg.Connection, source: str, external_id: str) -> tuple[int, str] | None:
    """(version, document) of the product with an external id."""
    row = await connection.fetchrow(_READ_BY_KEY, source, external_id)
    return (row[0], row[1]) if row else None


def listing(filters: dict[str, str | None]) -> paging.Listing:
    """The catalogue, filtered by any of `product_type`, `product_category` and `brand`."""
    document = cast(documents.c.document, TEXT).label("document")
    query = select(documents.c.id, document)
    for name, value in filters.items():
        if value is not None:
            query = query.where(documents.c[name] == value)
    keys = {"created_at": documents.c.created_at}
    return paging.Listing(query, keys=keys, tie=documents.c.id, default="created_at", model=Product, document=document)


async def _emit(connection: asyncpg.Connection, changed: Sequence[tuple[UUID, int]]) -> None:
    ids, versions = [id for id, _ in changed], [version for _, version in changed]
    await connection.execute(_EMIT, ids, versions, *outbox.context_values())
