"""Set statements over the projections. A version that is not newer than the stored one changes nothing."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

from asyncpg import Connection, Record

from campaign.events import CustomerData, ProductData
from campaign.offers.rules import Goods
from campaign.projections.rules import CustomerHandle, Purchase, handles_of

_CUSTOMERS: Final = """
insert into customers (id, version, name)
select * from unnest($1::uuid[], $2::bigint[], $3::text[])
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
insert into products (id, version, source, external_id, name, product_category, product_type, manufacturer_id, brand)
select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::text[])
on conflict (id) do update set
    version = excluded.version, source = excluded.source, external_id = excluded.external_id, name = excluded.name,
    product_category = excluded.product_category, product_type = excluded.product_type,
    manufacturer_id = excluded.manufacturer_id, brand = excluded.brand
where products.version < excluded.version
"""
_PURCHASES: Final = """
insert into purchases (customer_id, id, version, purchased_on, amount, source, external_id)
select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::date[], $5::bigint[], $6::text[], $7::text[])
on conflict (customer_id, id) do update set
    version = excluded.version, purchased_on = excluded.purchased_on, amount = excluded.amount
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


async def keep_customers(connection: Connection, customers: Sequence[CustomerData]) -> None:
    columns = [c.id for c in customers], [c.version for c in customers], [c.name for c in customers]
    changed = {row["id"] for row in await connection.fetch(_CUSTOMERS, *columns)}
    if not changed:
        return
    await connection.execute(_DROP_HANDLES, changed)
    pairs = [(handle, c.id) for c in customers if c.id in changed for handle in handles_of(c)]
    handles = [h.kind for h, _ in pairs], [h.value for h, _ in pairs], [customer_id for _, customer_id in pairs]
    await connection.execute(_HANDLES, *handles)


async def keep_products(connection: Connection, products: Sequence[ProductData]) -> None:
    fields = (
        "id", "version", "source", "external_id", "name",
        "product_category", "product_type", "manufacturer_id", "brand",
    )  # fmt: skip
    await connection.execute(_PRODUCTS, *([getattr(p, field) for p in products] for field in fields))


async def keep_purchases(connection: Connection, purchases: Sequence[Purchase]) -> None:
    fields = "customer_id", "id", "version", "purchased_on", "amount", "source", "external_id"
    await connection.execute(_PURCHASES, *([getattr(p, field) for p in purchases] for field in fields))


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


def _named_goods(rows: Iterable[Record]) -> dict[UUID, tuple[Goods, str | None]]:
    return {row["id"]: (_goods(row), row["name"]) for row in rows}


def _goods(row: Record) -> Goods:
    return Goods(row["id"], row["product_type"], row["product_category"], row["brand"], row["manufacturer_id"])
