"""What can be done with orders."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit import audit
from crmkit.db import driver
from customer import intake
from customer.intake import Mode, Outcome, Refusal
from customer.orders import fast, repository, rules
from customer.orders.errors import OrderNotFound, of_refusal
from customer.orders.repository import Placed
from customer.orders.rules import OrderIntake
from customer.orders.schemas import NewOrder
from customer.references import repository as references
from customer.references.rules import Handle, Unreadable


async def create_order(session: AsyncSession, new: NewOrder, *, region: str) -> UUID:
    """Record one purchase. Raises OrderExists, UnknownReference, AmbiguousReference, InvalidOrder."""
    order = msgspec.convert(new.model_dump(exclude_unset=True), OrderIntake, strict=False)
    outcome = (await take_orders(await driver(session), [order], Mode.INSERT, region=region))[0]
    if outcome.refusal:
        raise of_refusal(outcome.refusal)
    assert outcome.id is not None
    await audit.record(session, "create_order", f"/v1/orders/{outcome.id}")
    return outcome.id


async def take_orders(
    connection: asyncpg.Connection, orders: Sequence[OrderIntake], mode: Mode, *, region: str
) -> list[Outcome]:
    """Store many orders; an outcome each, in order."""

    async def take(wave: Sequence[OrderIntake]) -> list[Outcome]:
        return await _take_wave(connection, wave, mode, region)

    return await intake.in_waves(orders, lambda order: [order.key] if order.key else [], take)


async def _take_wave(
    connection: asyncpg.Connection, orders: Sequence[OrderIntake], mode: Mode, region: str
) -> list[Outcome]:
    handles = [_handles(order, region) for order in orders]
    customers = await references.find_customers(connection, {h[0] for h in handles if not isinstance(h, Refusal)})
    wanted = {handle for h in handles if not isinstance(h, Refusal) for handle in h[1]}
    products = await references.find_products(connection, wanted)
    placed = [_place(order, h, customers, products) for order, h in zip(orders, handles, strict=True)]
    good = [item for item in placed if isinstance(item, Placed)]
    outcomes = iter(await repository.take(connection, good, mode))
    return [Outcome(None, refusal=item) if isinstance(item, Refusal) else next(outcomes) for item in placed]


def _handles(order: OrderIntake, region: str) -> tuple[Handle, list[Handle]] | Refusal:
    wrong = rules.check(order)
    if wrong:
        return Refusal("invalid_request", wrong)
    try:
        return order.customer_handle(region), order.product_handles()
    except Unreadable as error:
        return Refusal("invalid_request", str(error))


def _place(
    order: OrderIntake,
    handles: tuple[Handle, list[Handle]] | Refusal,
    customers: Mapping[Handle, Sequence[UUID]],
    products: Mapping[Handle, UUID],
) -> Placed | Refusal:
    if isinstance(handles, Refusal):
        return handles
    who = customers.get(handles[0], ())
    if len(who) > 1:
        return Refusal("ambiguous_reference", f"/customer: {handles[0]} names {len(who)}.", candidates=tuple(who))
    if not who:
        return Refusal("unknown_reference", f"/customer: {handles[0]} names nobody we know.")
    ids = [products.get(handle) for handle in handles[1]]
    if None in ids:
        number = ids.index(None)
        return Refusal("unknown_reference", f"/lines/{number}/product: {handles[1][number]} is not in the catalogue.")
    return Placed(order, who[0], [id for id in ids if id])


async def cancel_order(session: AsyncSession, id: UUID) -> None:
    """Mark an order cancelled; cancelling it again changes nothing. Raises OrderNotFound."""
    connection = await driver(session)
    customer_id = await fast.hold(connection, id)
    if customer_id is None:
        raise OrderNotFound(f"There is no order {id}.")
    if await fast.cancel(connection, id):
        await repository.emit(connection, "cancelled", ([customer_id], [id]))
        await audit.record(session, "cancel_order", f"/v1/orders/{id}")


async def read_order(session: AsyncSession, id: UUID) -> tuple[int, str]:
    """(version, document). Raises OrderNotFound."""
    found = await fast.find(await driver(session), id)
    if found is None:
        raise OrderNotFound(f"There is no order {id}.")
    return found


async def read_order_by_key(session: AsyncSession, source: str, external_id: str) -> tuple[int, str]:
    """(version, document) of the order with an external id. Raises OrderNotFound."""
    found = await fast.find_by_key(await driver(session), source, external_id)
    if found is None:
        raise OrderNotFound(f"No order has the external id {external_id!r} of {source}.")
    return found
