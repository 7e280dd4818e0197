"""Orders in sets: a posted one and a chunk of an import go the same way."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import select

from crmkit.events import outbox
from crmkit.web import lists
from crmkit.web.batches import Effect, Outcome
from customer import intake
from customer.intake import NO_CAUSE, Cause, Mode
from customer.orders import lines
from customer.orders.lines import Placed
from customer.orders.models import DOCUMENT, documents
from customer.orders.rules import FIELDS
from customer.orders.schemas import Order, OrderQuery

ORDERS: Final = lists.List(select(DOCUMENT), OrderQuery, columns=documents.c, model=Order, document=DOCUMENT)

_ROW: Final = ", ".join((*FIELDS, "total_amount", "fingerprint"))
_CLAIM: Final = """
insert into order_keys (source, external_id, order_id, customer_id)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) as n (source, external_id, order_id, customer_id)
order by source, external_id
on conflict do nothing
"""
# A key that has no order yet was claimed by this transaction.
_HOLDERS: Final = """
select k.source, k.external_id, k.order_id, k.customer_id, o.fingerprint
from unnest($1::text[], $2::text[]) as n (source, external_id)
join order_keys k using (source, external_id)
join orders o on o.customer_id = k.customer_id and o.id = k.order_id
order by k.customer_id, k.order_id
"""
_LOCK: Final = """
select from orders o join unnest($1::uuid[], $2::uuid[]) as n (customer_id, id) using (customer_id, id)
order by o.customer_id, o.id for update of o
"""
_INSERT: Final = f"""
insert into orders (customer_id, id, {_ROW})
select customer_id, id, {_ROW} from json_populate_recordset(null::orders, $1::json)
"""
_REPLACE: Final = f"""
update orders o set version = o.version + 1, updated_at = clock_timestamp(), cancelled_at = null,
    ({_ROW}) = row ({", ".join(f"n.{name}" for name in _ROW.split(", "))})
from json_populate_recordset(null::orders, $1::json) as n
where o.customer_id = n.customer_id and o.id = n.id
"""
_RENEW: Final = """
update orders o set version = o.version + 1, updated_at = clock_timestamp()
from unnest($1::uuid[], $2::uuid[]) as n (customer_id, id) where o.customer_id = n.customer_id and o.id = n.id
"""
_TELL: Final = outbox.telling(
    "order",
    "$6::text",
    # Laterally, so that a chunk's orders are looked up one by one, however few there were when they were counted.
    rows="""unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[]) as n (customer_id, id, causation_id, traceparent)
    cross join lateral (
        select d.document from order_documents d where d.customer_id = n.customer_id and d.id = n.id
    ) as d""",
    document="document",
    subject="customer_id",
    origin=outbox.caused(),
)
READ: Final = "select document::text, version from order_documents where id = $1"
_HOLD: Final = "select customer_id, version from orders where id = $1 for update"
_CANCEL: Final = """
update orders set cancelled_at = clock_timestamp(), version = version + 1, updated_at = clock_timestamp()
where id = $1 and cancelled_at is null returning customer_id
"""

Keys = tuple[list[UUID], list[UUID]]


@dataclass(slots=True)
class _Present:
    order_id: UUID
    customer_id: UUID
    fingerprint: UUID | None


async def take(connection: asyncpg.Connection, items: Sequence[Placed], mode: Mode) -> list[Outcome]:
    """Store the orders and write their events; no two of them may have one external id.

    An order whose content is there already changes nothing; another content replaces it, lines and all.
    """
    present = await _claim(connection, [item for item in items if item.key])
    outcomes = [_decide(item, present.get(item.key), mode) for item in items]
    created = [item for item, outcome in zip(items, outcomes, strict=True) if outcome.effect is Effect.CREATED]
    updated = [item for item, outcome in zip(items, outcomes, strict=True) if outcome.effect is Effect.UPDATED]
    await _write(connection, created, updated)
    return outcomes


async def _claim(connection: asyncpg.Connection, keyed: Sequence[Placed]) -> dict[tuple[str, str] | None, _Present]:
    """Take the external ids that are free; the orders that have the others."""
    orders = [item.read.order for item in keyed]
    keys = [order.source for order in orders], [order.external_id for order in orders]
    customers, ids = _keys(keyed)
    await connection.execute(_CLAIM, *keys, ids, customers)
    rows = await connection.fetch(_HOLDERS, *keys)
    return {(row[0], row[1]): _Present(row[2], row[3], row[4]) for row in rows}


def _decide(item: Placed, present: _Present | None, mode: Mode) -> Outcome:
    if present is None:
        return Outcome(item.id, Effect.CREATED)
    item.id = present.order_id
    if mode is Mode.INSERT:
        detail = "The external id belongs to an order already."
        return Outcome.refused("order_exists", detail, existing_id=present.order_id)
    if present.customer_id != item.customer_id:
        detail = "The order is there already, and is another customer's."
        return Outcome.refused("order_of_another_customer", detail, existing_id=present.customer_id)
    unchanged = present.fingerprint == item.read.fingerprint
    return Outcome(item.id, Effect.UNCHANGED if unchanged else Effect.UPDATED)


async def _write(connection: asyncpg.Connection, created: Sequence[Placed], updated: Sequence[Placed]) -> None:
    if updated:
        await connection.execute(_LOCK, *_keys(updated))
        await connection.execute(_REPLACE, _rows(updated))
        await lines.drop(connection, *_keys(updated))
    if created:
        await connection.execute(_INSERT, _rows(created))
    await lines.write(connection, [*created, *updated])
    await tell(connection, "placed", _keys(created), [item.read.cause for item in created])
    await tell(connection, "updated", _keys(updated), [item.read.cause for item in updated])


async def link_products(connection: asyncpg.Connection, sources: Sequence[str], external_ids: Sequence[str]) -> None:
    """Give lines that wait for these products what they mean, and tell of their orders anew."""
    waiting = await lines.waiting(connection, sources, external_ids)
    if waiting:
        await connection.execute(_LOCK, *_columns(waiting))
        linked = _columns(await lines.link(connection, *_columns(waiting)))
        await connection.execute(_RENEW, *linked)
        await tell(connection, "updated", linked, [NO_CAUSE] * len(linked[0]))


async def tell(connection: asyncpg.Connection, verb: str, keys: Keys, causes: Sequence[Cause]) -> None:
    """Write `perennial.order.<verb>.v1` for orders whose rows this transaction holds."""
    if causes:
        await connection.execute(_TELL, outbox.origin(), *keys, *intake.by_cause(causes), verb)


async def hold(connection: asyncpg.Connection, id: UUID) -> tuple[UUID, int] | None:
    """Lock an order; whose it is, and its version."""
    row = await connection.fetchrow(_HOLD, id)
    return (row[0], row[1]) if row else None


async def cancel(connection: asyncpg.Connection, id: UUID) -> bool:
    """Mark a held order cancelled; whether it was not before. Only an import with another content takes that back."""
    customer_id = await connection.fetchval(_CANCEL, id)
    if customer_id:
        await tell(connection, "cancelled", ([customer_id], [id]), [NO_CAUSE])
    return customer_id is not None


def _keys(items: Sequence[Placed]) -> Keys:
    return [item.customer_id for item in items], [item.id for item in items]


def _columns(keys: Collection[tuple[UUID, UUID]]) -> Keys:
    return [key[0] for key in keys], [key[1] for key in keys]


def _rows(items: Sequence[Placed]) -> str:
    """Rows of `orders` as JSON; one without an external id is of no source either."""
    return msgspec.json.encode([_row(item) for item in items]).decode()


def _row(item: Placed) -> dict[str, Any]:
    order = item.read.order
    return {name: getattr(order, name) for name in FIELDS} | {
        "customer_id": item.customer_id,
        "id": item.id,
        "source": order.source if order.external_id is not None else None,
        "total_amount": order.total_amount,
        "fingerprint": item.read.fingerprint,
    }
