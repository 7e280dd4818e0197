"""Set statements over the projections. A version that is not newer than the stored one changes nothing."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

import msgspec
from asyncpg import Connection, Record

from campaign.projections.rules import CustomerHandle, Goods, KnownCustomer, Purchase

_CUSTOMERS: Final = """
insert into customers (id, version, name)
select id, version, name from json_populate_recordset(null::customers, $1)
on conflict (id) do update set version = excluded.version, name = excluded.name
where customers.version < excluded.version
returning id
"""
_DROP_HANDLES: Final = "delete from customer_handles where customer_id = any($1)"
_HANDLES: Final = """
insert into customer_handles (kind, value, customer_id)
select * from unnest($1::text[], $2::text[], $3::uuid[]) on conflict do nothing
"""
_PRODUCTS: Final = """
insert into products select * from json_populate_recordset(null::products, $1)
on conflict (id) do update set
    version = excluded.version, source = excluded.source, external_id = excluded.external_id, name = excluded.name,
    product_category = excluded.product_category, product_type = excluded.product_type,
    manufacturer_id = excluded.manufacturer_id, brand = excluded.brand
where products.version < excluded.version
"""
_PURCHASES: Final = """
insert into purchases select * from json_populate_recordset(null::purchases, $1)
on conflict (customer_id, id) do update set
    version = excluded.version, purchased_at = excluded.purchased_at, amount = excluded.amount
where purchases.version < excluded.version
"""
_FIND_CUSTOMER: Final = "select customer_id from customer_handles where kind = $1 and value = $2 limit 2"
_FIND_GOODS: Final = """
select wanted.place, p.id, p.product_type, p.product_category, p.brand, p.manufacturer_id
from unnest($1::int[], $2::uuid[], $3::text[], $4::text[]) as wanted (place, id, source, external_id)
join products p on p.id = wanted.id or (p.source = wanted.source and p.external_id = wanted.external_id)
"""
_GOODS_BY_ID: Final = """
select id, name, product_type, product_category, brand, manufacturer_id from products where id = any($1)
"""

# The oldest product of each sort that offers can tell apart by anything but the product itself, and those named.
_ASSORTMENT: Final = """
select id, name, product_type, product_category, brand, manufacturer_id from products
where id = any($1) or id in (
    select distinct on (product_type, product_category, brand, manufacturer_id) id from products
    order by product_type, product_category, brand, manufacturer_id, id)
order by id
"""


async def keep_customers(connection: Connection, customers: Sequence[KnownCustomer]) -> None:
    changed = {row["id"] for row in await connection.fetch(_CUSTOMERS, _json(customers))}
    if not changed:
        return
    await connection.execute(_DROP_HANDLES, changed)
    pairs = [(handle, c.id) for c in customers if c.id in changed for handle in c.handles]
    handles = [h.kind for h, _ in pairs], [h.value for h, _ in pairs], [customer_id for _, customer_id in pairs]
    await connection.execute(_HANDLES, *handles)


async def keep_products(connection: Connection, products: Sequence[msgspec.Struct]) -> None:
    """Keep what has the columns of `products`."""
    await connection.execute(_PRODUCTS, _json(products))


async def keep_purchases(connection: Connection, purchases: Sequence[Purchase]) -> None:
    await connection.execute(_PURCHASES, _json(purchases))


async def find_customers(connection: Connection, handle: CustomerHandle) -> list[UUID]:
    """The customers a handle names; two are enough to know that it is ambiguous."""
    return [row["customer_id"] for row in await connection.fetch(_FIND_CUSTOMER, handle.kind, handle.value)]


async def knows_customer(connection: Connection, customer_id: UUID) -> bool:
    return bool(await connection.fetchval("select exists (select from customers where id = $1)", customer_id))


async def find_goods(
    connection: Connection, ids: Sequence[UUID | None], names: Sequence[tuple[str, str] | None]
) -> dict[int, Goods]:
    """Products by id or by (source, external_id), under their place in the input; unknown ones are left out."""
    sources, external_ids = [n and n[0] for n in names], [n and n[1] for n in names]
    rows = await connection.fetch(_FIND_GOODS, list(range(len(ids))), ids, sources, external_ids)
    return {row["place"]: _goods(row) for row in rows}


async def goods_by_id(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, tuple[Goods, str | None]]:
    """What offers look at in these products, and their names."""
    return _named_goods(await connection.fetch(_GOODS_BY_ID, list(ids)))


async def find_assortment(connection: Connection, named: Collection[UUID]) -> dict[UUID, tuple[Goods, str | None]]:
    """At least one product of all that offers can tell apart, with its name, the oldest first.

    named: the products that offers name one by one.
    """
    return _named_goods(await connection.fetch(_ASSORTMENT, named))


def _json(rows: Sequence[msgspec.Struct]) -> str:
    return msgspec.json.encode(rows).decode()


def _named_goods(rows: Iterable[Record]) -> dict[UUID, tuple[Goods, str | None]]:
    return {row["id"]: (_goods(row), row["name"]) for row in rows}


def _goods(row: Record) -> Goods:
    return Goods(row["id"], row["product_type"], row["product_category"], row["brand"], row["manufacturer_id"])
