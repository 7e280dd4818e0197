"""Refunds in sets, written under the locks of their orders."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import select

from crmkit.events import outbox
from crmkit.web import lists
from customer import intake
from customer.refunds.models import DOCUMENT, refunds
from customer.refunds.rules import Left, Order
from customer.refunds.schemas import NewRefund, Refund, RefundQuery

REFUNDS: Final = lists.List(select(DOCUMENT), RefundQuery, columns=refunds.c, model=Refund, document=DOCUMENT)

_HOLD: Final = """
select k.source, k.external_id, o.customer_id, o.id
from unnest($1::text[], $2::text[]) as n (source, external_id)
join order_keys k using (source, external_id)
join orders o on o.customer_id = k.customer_id and o.id = k.order_id
order by o.customer_id, o.id for update of o
"""
_LEFT: Final = """
select l.order_id, l.line,
    l.quantity - coalesce(sum(r.quantity), 0) as quantity, (l.amount - coalesce(sum(r.amount), 0))::bigint as amount
from unnest($1::uuid[], $2::uuid[]) as n (customer_id, order_id)
join order_lines l using (customer_id, order_id)
left join refunds f on f.customer_id = l.customer_id and f.order_id = l.order_id
left join refund_lines r on r.customer_id = f.customer_id and r.refund_id = f.id and r.line = l.line
group by l.order_id, l.line, l.quantity, l.amount
"""
_CLAIM: Final = """
insert into refund_keys (source, external_id, refund_id, customer_id)
select * from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) as n (source, external_id, refund_id, customer_id)
order by source, external_id
on conflict do nothing
"""
_HOLDERS: Final = """
select source, external_id, refund_id from refund_keys
join unnest($1::text[], $2::text[]) as n (source, external_id) using (source, external_id)
"""
_GIVE_BACK: Final = "delete from refund_keys where refund_id = any($1::uuid[])"
_INSERT: Final = """
insert into refunds (customer_id, id, order_id, source, external_id, refunded_at, currency, amount)
select n.customer_id, n.id, n.order_id, n.source, n.external_id, n.refunded_at, o.currency, n.amount
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[], $7::bigint[])
    as n (customer_id, id, order_id, source, external_id, refunded_at, amount)
join orders o on o.customer_id = n.customer_id and o.id = n.order_id
"""
_LINES: Final = """
insert into refund_lines (customer_id, refund_id, line, quantity, amount)
select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::numeric[], $5::bigint[])
"""
_TELL: Final = outbox.telling(
    "refund",
    "'recorded'",
    rows="unnest($2::uuid[], $3::uuid[]) as n (customer_id, id) join refunds r using (customer_id, id)",
    document="refund_document(r)",
    subject="customer_id",
)
READ: Final = "select refund_document(r)::text, version from refunds r where id = $1"

OrderKey = tuple[str, str]


@dataclass(slots=True)
class Place:
    """A refund with its order known; `id` is what it will have, `holder` whose its external id is."""

    new: NewRefund
    customer_id: UUID
    order_id: UUID
    id: UUID | None = None
    holder: UUID | None = None


async def hold_orders(connection: asyncpg.Connection, keys: Sequence[OrderKey]) -> dict[OrderKey, tuple[UUID, UUID]]:
    """Lock the orders with these external ids; (customer id, order id) of each."""
    unique = sorted(set(keys))
    rows = await connection.fetch(_HOLD, [source for source, _ in unique], [key for _, key in unique])
    return {(row[0], row[1]): (row[2], row[3]) for row in rows}


async def left(connection: asyncpg.Connection, places: Sequence[Place]) -> dict[UUID, Order]:
    """What can still be given back of each held order."""
    orders = sorted({(place.customer_id, place.order_id) for place in places})
    rows = await connection.fetch(_LEFT, [customer for customer, _ in orders], [order for _, order in orders])
    found: defaultdict[UUID, Order] = defaultdict(dict)
    for row in rows:
        found[row["order_id"]][row["line"]] = Left(row["quantity"], row["amount"])
    return found


async def claim(connection: asyncpg.Connection, places: Sequence[Place]) -> None:
    """Name each refund and claim its external id."""
    for place, id in zip(places, await intake.new_ids(connection, len(places)), strict=True):
        place.id = place.holder = id
    keyed = [place for place in places if place.new.external_id is not None]
    keys = [place.new.source for place in keyed], [place.new.external_id for place in keyed]
    await connection.execute(_CLAIM, *keys, [place.id for place in keyed], [place.customer_id for place in keyed])
    holders = {(row[0], row[1]): row[2] for row in await connection.fetch(_HOLDERS, *keys)}
    for place in keyed:
        place.holder = holders[place.new.source, place.new.external_id]


async def give_back(connection: asyncpg.Connection, places: Sequence[Place]) -> None:
    """Release the external ids of refunds that were refused."""
    await connection.execute(_GIVE_BACK, [place.id for place in places])


async def insert(connection: asyncpg.Connection, places: Sequence[Place]) -> None:
    """Write the refunds and their events."""
    keys = [place.customer_id for place in places], [place.id for place in places]
    await connection.execute(
        _INSERT,
        *keys,
        [place.order_id for place in places],
        [place.new.source if place.new.external_id is not None else None for place in places],
        [place.new.external_id for place in places],
        [place.new.refunded_at for place in places],
        [sum(line.amount for line in place.new.lines) for place in places],
    )
    lines = [(p.customer_id, p.id, x.line, x.quantity, x.amount) for p in places for x in p.new.lines]
    await connection.execute(_LINES, *([row[column] for row in lines] for column in range(5)))
    await connection.execute(_TELL, outbox.origin(), *keys)
