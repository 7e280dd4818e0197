"""What waited for its customer finds them: in the transaction that stores or drops an identifier."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec

from crmkit.work.due import Due
from customer.intake import Mode
from customer.interactions import repository as interactions
from customer.orders import rules as order_rules
from customer.orders import service as orders
from customer.orders.rules import OrderIntake, ReadOrder
from customer.pending import repository as pending
from customer.pending.repository import Noun, Pending
from customer.references import repository as references
from customer.references.catalogue import Catalogue
from customer.references.rules import Handle
from customer.references.schemas import Reference

NO_REGION = "ZZ"


async def link(connection: asyncpg.Connection, handles: Collection[Handle]) -> None:
    """Look again at what waits under handles that this transaction has stored or dropped."""
    await _look_again(connection, await pending.waiting(connection, handles))


async def link_again(connection: asyncpg.Connection, rows: Sequence[Due]) -> None:
    """Look once more at what was kept a moment ago, by its id."""
    await _look_again(connection, await pending.still_waiting(connection, [UUID(row.ref) for row in rows]))


async def _look_again(connection: asyncpg.Connection, waiting: Sequence[Pending]) -> None:
    if not waiting:
        return
    named = await references.find_customers(connection, {item.handle for item in waiting})
    still = {item.id: named.get(item.handle, ()) for item in waiting if pending.is_open(item.handle, named)}
    found = {item.id: named[item.handle][0] for item in waiting if item.id not in still}
    changed = await pending.set_candidates(connection, still)
    touches = [item.id for item in waiting if item.noun is Noun.INTERACTION]
    await interactions.link(connection, {id: found[id] for id in touches if id in found})
    await interactions.tell(connection, [(found.get(id), id) for id in touches if id in found or id in changed])
    await _make_orders(connection, [item for item in waiting if item.noun is Noun.ORDER and item.id in found], found)


async def _make_orders(
    connection: asyncpg.Connection, waiting: Sequence[Pending], customers: Mapping[UUID, UUID]
) -> None:
    """Make the orders of confirmed checkouts. One that was imported meanwhile stays as it was imported."""
    if waiting:
        read = [_order(item, customers[item.id]) for item in waiting]
        await orders.take_orders(connection, read, Mode.INSERT, Catalogue())
        await pending.drop(connection, [item.id for item in waiting])


def _order(item: Pending, customer_id: UUID) -> ReadOrder:
    order = msgspec.json.decode(item.content, type=OrderIntake)
    order.customer = Reference(id=customer_id)
    return order_rules.read(order, NO_REGION)._replace(checkout=item.id, cause=item.cause)
