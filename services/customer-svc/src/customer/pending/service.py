"""What waited for its customer finds them: in the transaction that stores or drops an identifier."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec

from customer.intake import Mode
from customer.orders import rules as order_rules
from customer.orders import service as orders
from customer.orders.rules import OrderIntake, ReadOrder
from customer.pending import repository
from customer.pending.repository import Noun, Pending
from customer.references import repository as references
from customer.references.catalogue import Catalogue
from customer.references.rules import Handle
from customer.references.schemas import Reference
from customer.timeline import repository as timeline

NO_REGION = "ZZ"


async def link(connection: asyncpg.Connection, handles: Collection[Handle]) -> None:
    """Look again at what waits under handles that this transaction has stored or dropped."""
    waiting = await repository.waiting(connection, handles)
    if not waiting:
        return
    named = await references.find_customers(connection, {item.handle for item in waiting})
    still = {item.id: named.get(item.handle, ()) for item in waiting if repository.is_open(item.handle, named)}
    found = {item.id: named[item.handle][0] for item in waiting if item.id not in still}
    changed = await repository.set_candidates(connection, still)
    touches = [item for item in waiting if item.noun is Noun.INTERACTION]
    await timeline.link(connection, {item.id: found[item.id] for item in touches if item.id in found})
    told = [(found.get(item.id), item.id) for item in touches if item.id in found or item.id in changed]
    await timeline.emit(connection, told, [None] * len(told))
    await _make_orders(connection, [item for item in waiting if item.noun is Noun.ORDER and item.id in found], found)


async def _make_orders(
    connection: asyncpg.Connection, waiting: Sequence[Pending], customers: Mapping[UUID, UUID]
) -> None:
    """Make the orders of confirmed checkouts. One that was imported meanwhile stays as it was imported."""
    if not waiting:
        return
    read = [_order(item, customers[item.id]) for item in waiting]
    outcomes = await orders.take_orders(connection, read, Mode.INSERT, Catalogue())
    settled = [outcome.refusal is None or outcome.refusal.code == "order_exists" for outcome in outcomes]
    await repository.drop(connection, [item.id for item, done in zip(waiting, settled, strict=True) if done])


def _order(item: Pending, customer_id: UUID) -> ReadOrder:
    order = msgspec.json.decode(item.content, type=OrderIntake)
    order.customer = Reference(id=customer_id)
    return order_rules.read(order, NO_REGION, item.cause)
