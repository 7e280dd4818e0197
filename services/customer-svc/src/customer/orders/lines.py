"""The lines of orders in sets, and those that wait for a product."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from customer.orders.rules import ReadOrder
from customer.pending import repository as pending

LINK_PRODUCTS: Final = "link_products"

_DROP: Final = """
delete from order_lines l using unnest($1::uuid[], $2::uuid[]) as n (customer_id, id)
where l.customer_id = n.customer_id and l.order_id = n.id
"""
_INSERT: Final = """
insert into order_lines (customer_id, order_id, line, product_id, quantity, amount, tax_amount, cost_amount, discounts)
select o.customer_id, o.id, l.line, l.product_id, l.quantity, l.amount, l.tax_amount, l.cost_amount, l.discounts::json
from unnest($3::int[], $4::int[], $5::uuid[], $6::float8[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
    as l (place, line, product_id, quantity, amount, tax_amount, cost_amount, discounts)
join unnest($1::uuid[], $2::uuid[]) with ordinality as o (customer_id, id, place) using (place)
"""
_NAME_UNKNOWN: Final = """
update order_lines l set product_source = n.source, product_external_id = n.external_id
from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[])
    as n (customer_id, order_id, line, source, external_id)
where l.customer_id = n.customer_id and l.order_id = n.order_id and l.line = n.line
"""
_WAITING: Final = """
select distinct l.customer_id, l.order_id from unnest($1::text[], $2::text[]) as n (source, external_id)
join order_lines l on l.product_source = n.source and l.product_external_id = n.external_id
where l.product_id is null
"""
_NAMES: Final = """
select distinct l.product_source, l.product_external_id
from orders o join order_lines l on l.customer_id = o.customer_id and l.order_id = o.id
where o.id = any($1::uuid[]) and l.product_id is null
"""
_LINK: Final = """
update order_lines l set product_id = p.id, product_source = null, product_external_id = null
from unnest($1::uuid[], $2::uuid[]) as n (customer_id, order_id), products p
where l.customer_id = n.customer_id and l.order_id = n.order_id and l.product_id is null
    and p.source = l.product_source and p.external_id = l.product_external_id
returning l.customer_id, l.order_id
"""


@dataclass(slots=True)
class Placed:
    """An order with its customer known, and its products unless they are kept as given; `id` is what it will have."""

    read: ReadOrder
    customer_id: UUID
    product_ids: Sequence[UUID | None]
    id: UUID

    @property
    def key(self) -> tuple[str, str] | None:
        return self.read.order.key


async def write(connection: asyncpg.Connection, items: Sequence[Placed]) -> None:
    """Write the lines of orders that have none; a product that is not known stays as it was given."""
    keys = [item.customer_id for item in items], [item.id for item in items]
    await connection.execute(_INSERT, *keys, *_columns(items))
    unknown = [
        (item.customer_id, item.id, line, handle.source, handle.value)
        for item in items
        if None in item.product_ids
        for line, (id, handle) in enumerate(zip(item.product_ids, item.read.products, strict=True), 1)
        if id is None
    ]
    if unknown:
        await connection.execute(_NAME_UNKNOWN, *map(list, zip(*unknown, strict=True)))
        await pending.look_once_more(connection, LINK_PRODUCTS, {order_id for _, order_id, *_ in unknown})


async def drop(connection: asyncpg.Connection, customer_ids: Sequence[UUID], order_ids: Sequence[UUID]) -> None:
    """Take the lines from held orders."""
    await connection.execute(_DROP, customer_ids, order_ids)


async def names_awaited(connection: asyncpg.Connection, order_ids: Collection[UUID]) -> list[tuple[str, str]]:
    """(source, external id) of the products that lines of these orders wait for."""
    return [(row[0], row[1]) for row in await connection.fetch(_NAMES, list(order_ids))]


async def waiting(
    connection: asyncpg.Connection, sources: Sequence[str], external_ids: Sequence[str]
) -> list[tuple[UUID, UUID]]:
    """(customer id, order id) of the orders with lines that wait for these products."""
    return [(row[0], row[1]) for row in await connection.fetch(_WAITING, sources, external_ids)]


async def link(
    connection: asyncpg.Connection, customer_ids: Sequence[UUID], order_ids: Sequence[UUID]
) -> set[tuple[UUID, UUID]]:
    """Give waiting lines of held orders their products, as far as these are known; the orders it changed."""
    return {(row[0], row[1]) for row in await connection.fetch(_LINK, customer_ids, order_ids)}


def _columns(items: Sequence[Placed]) -> list[list[Any]]:
    lines = [line for item in items for line in item.read.order.lines]
    return [
        [place for place, item in enumerate(items, 1) for _ in item.read.order.lines],
        [number for item in items for number in range(1, len(item.read.order.lines) + 1)],
        [id for item in items for id in item.product_ids],
        [line.quantity for line in lines],
        [line.amount for line in lines],
        [line.tax_amount for line in lines],
        [line.cost_amount for line in lines],
        [msgspec.json.encode(line.discounts).decode() if line.discounts else None for line in lines],
    ]
