"""Orders in sets: a posted one and a chunk of an import go the same way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import TEXT, cast, select

from crmkit.web import paging
from customer import causes
from customer.causes import Cause
from customer.intake import Effect, Mode, Outcome
from customer.orders.models import documents
from customer.orders.rules import OrderIntake
from customer.orders.schemas import Order, OrderFilters

_NEW_IDS: Final = "select uuidv7() from generate_series(1, $1)"
_CLAIM: Final = """
insert into order_keys (source, external_id, order_id, customer_id)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) as n (source, external_id, order_id, customer_id)
order by source, external_id
on conflict do nothing
"""
_HOLDERS: Final = """
select k.source, k.external_id, k.order_id, k.customer_id, o.fingerprint
from unnest($1::text[], $2::text[]) as n (source, external_id)
join order_keys k using (source, external_id)
left join orders o on o.customer_id = k.customer_id and o.id = k.order_id
order by k.customer_id, k.order_id
"""
_LOCK: Final = """
select from orders o join unnest($1::uuid[], $2::uuid[]) as n (customer_id, id) using (customer_id, id)
order by o.customer_id, o.id for update of o
"""
_INSERT: Final = """
insert into orders (customer_id, id, source, external_id, placed_at, store_id, channel, currency, brand,
    total_amount, fingerprint)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::bigint[], $11::uuid[])
"""
_REPLACE: Final = """
update orders o set version = o.version + 1, updated_at = clock_timestamp(), cancelled_at = null,
    placed_at = n.placed_at, store_id = n.store_id, channel = n.channel, currency = n.currency, brand = n.brand,
    total_amount = n.total_amount, fingerprint = n.fingerprint
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[],
    $8::text[], $9::text[], $10::bigint[], $11::uuid[])
    as n (customer_id, id, source, external_id, placed_at, store_id, channel, currency, brand, total_amount,
        fingerprint)
where o.customer_id = n.customer_id and o.id = n.id
"""
_DROP_LINES: Final = """
delete from order_lines l using unnest($1::uuid[], $2::uuid[]) as n (customer_id, id)
where l.customer_id = n.customer_id and l.order_id = n.id
"""
_LINES: Final = """
insert into order_lines (customer_id, order_id, line, product_id, quantity, amount, tax_amount, cost_amount, discounts)
select o.customer_id, o.id, l.line, l.product_id, l.quantity, l.amount, l.tax_amount, l.cost_amount, l.discounts::json
from unnest($3::int[], $4::int[], $5::uuid[], $6::float8[], $7::bigint[], $8::bigint[], $9::bigint[], $10::text[])
    as l (place, line, product_id, quantity, amount, tax_amount, cost_amount, discounts)
join unnest($1::uuid[], $2::uuid[]) with ordinality as o (customer_id, id, place) using (place)
"""
_EMIT: Final = """
insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
select $1, '/v1/orders/' || d.id, d.customer_id::text, d.document, $4, $5, n.causation_id, n.traceparent
from unnest($2::uuid[], $3::uuid[], $6::text[], $7::text[]) as n (customer_id, id, causation_id, traceparent)
cross join lateral (
    select * from order_documents d where d.customer_id = n.customer_id and d.id = n.id
) as d
"""


@dataclass(slots=True)
class Placed:
    """An order with its customer and products known, and the place it will have."""

    order: OrderIntake
    customer_id: UUID
    product_ids: Sequence[UUID]
    fingerprint: UUID
    cause: Cause | None = None
    id: UUID | None = None


@dataclass(slots=True)
class _Present:
    order_id: UUID
    customer_id: UUID
    fingerprint: UUID | None


async def take(connection: asyncpg.Connection, items: Sequence[Placed], mode: Mode) -> list[Outcome]:
    """Store the orders and write their events; no two of them may have one external id.

    An order whose content is there already changes nothing; another content replaces it, lines and all.
    """
    fresh = await connection.fetch(_NEW_IDS, len(items))
    for item, row in zip(items, fresh, strict=True):
        item.id = row[0]
    present = await _claim(connection, items)
    outcomes = [_decide(item, present.get(item.order.key), mode) for item in items]
    created = [item for item, outcome in zip(items, outcomes, strict=True) if outcome.effect is Effect.CREATED]
    updated = [item for item, outcome in zip(items, outcomes, strict=True) if outcome.effect is Effect.UPDATED]
    await _write(connection, created, updated)
    return outcomes


async def _claim(connection: asyncpg.Connection, items: Sequence[Placed]) -> dict[tuple[str, str] | None, _Present]:
    keyed = [item for item in items if item.order.key]
    sources, external_ids = [item.order.source for item in keyed], [item.order.external_id for item in keyed]
    ids, customers = [item.id for item in keyed], [item.customer_id for item in keyed]
    await connection.execute(_CLAIM, sources, external_ids, ids, customers)
    rows = await connection.fetch(_HOLDERS, sources, external_ids)
    return {(row[0], row[1]): _Present(row[2], row[3], row[4]) for row in rows}


def _decide(item: Placed, present: _Present | None, mode: Mode) -> Outcome:
    if present is None or present.order_id == item.id:
        return Outcome(item.id, Effect.CREATED)
    item.id = present.order_id
    if mode is Mode.INSERT:
        detail = "The external id belongs to an order already."
        return Outcome.refused("order_exists", detail, existing_id=present.order_id)
    if present.customer_id != item.customer_id:
        detail = "The order is there already, and is another customer's."
        return Outcome.refused("order_of_another_customer", detail, existing_id=present.customer_id)
    unchanged = present.fingerprint == item.fingerprint
    return Outcome(item.id, Effect.UNCHANGED if unchanged else Effect.UPDATED)


async def _write(connection: asyncpg.Connection, created: Sequence[Placed], updated: Sequence[Placed]) -> None:
    if updated:
        keys = _keys(updated)
        await connection.execute(_LOCK, *keys)
        await connection.execute(_REPLACE, *_columns(updated))
        await connection.execute(_DROP_LINES, *keys)
    if created:
        await connection.execute(_INSERT, *_columns(created))
    await connection.execute(_LINES, *_keys([*created, *updated]), *_line_columns([*created, *updated]))
    await _emit(connection, "placed", _keys(created), [item.cause for item in created])
    await _emit(connection, "updated", _keys(updated), [item.cause for item in updated])


async def emit_cancelled(connection: asyncpg.Connection, customer_id: UUID, id: UUID) -> None:
    """Write `perennial.order.cancelled.v1` for an order whose row this transaction holds."""
    await _emit(connection, "cancelled", ([customer_id], [id]), [None])


async def _emit(
    connection: asyncpg.Connection, verb: str, keys: tuple[list[UUID], list[Any]], of: Sequence[Cause | None]
) -> None:
    if keys[0]:
        await connection.execute(_EMIT, f"perennial.order.{verb}.v1", *keys, *causes.origins(of))


def _keys(items: Sequence[Placed]) -> tuple[list[UUID], list[Any]]:
    return [item.customer_id for item in items], [item.id for item in items]


def _columns(items: Sequence[Placed]) -> list[list[Any]]:
    orders = [item.order for item in items]
    return [
        *_keys(items),
        [order.source if order.external_id is not None else None for order in orders],
        [order.external_id for order in orders],
        [order.placed_at for order in orders],
        [order.store_id for order in orders],
        [order.channel for order in orders],
        [order.currency for order in orders],
        [order.brand for order in orders],
        [order.total_amount for order in orders],
        [item.fingerprint for item in items],
    ]


def _line_columns(items: Sequence[Placed]) -> list[list[Any]]:
    lines = [line for item in items for line in item.order.lines]
    return [
        [place for place, item in enumerate(items, 1) for _ in item.order.lines],
        [number for item in items for number in range(1, len(item.order.lines) + 1)],
        [id for item in items for id in item.product_ids],
        [line.quantity for line in lines],
        [line.amount for line in lines],
        [line.tax_amount for line in lines],
        [line.cost_amount for line in lines],
        [msgspec.json.encode(line.discounts).decode() if line.discounts else None for line in lines],
    ]


def listing(filters: OrderFilters) -> paging.Listing:
    """Orders, the newest first unless asked otherwise."""
    document = cast(documents.c.document, TEXT).label("document")
    query = select(documents.c.id, document)
    if filters.customer_id:
        query = query.where(documents.c.customer_id == filters.customer_id)
    if filters.store_id:
        query = query.where(documents.c.store_id == filters.store_id)
    if filters.placed_at_gte:
        query = query.where(documents.c.placed_at >= filters.placed_at_gte)
    if filters.placed_at_lt:
        query = query.where(documents.c.placed_at < filters.placed_at_lt)
    keys = {"placed_at": documents.c.placed_at}
    return paging.Listing(query, keys=keys, tie=documents.c.id, default="-placed_at", model=Order, document=document)
