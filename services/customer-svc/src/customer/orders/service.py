"""What can be done with orders."""

from collections.abc import Mapping, Sequence
from typing import cast
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from customer import intake
from customer.intake import Mode, Outcome, Refusal
from customer.orders import fast, repository, rules
from customer.orders.errors import InvalidOrder, OrderNotFound, of_refusal
from customer.orders.repository import Placed
from customer.orders.rules import OrderIntake, ReadOrder
from customer.orders.schemas import NewOrder
from customer.references import repository as references
from customer.references.catalogue import Catalogue
from customer.references.rules import Handle, Unreadable


async def create_order(session: AsyncSession, new: NewOrder, *, region: str) -> UUID:
    """Record one purchase. Raises OrderExists, UnknownReference, AmbiguousReference, InvalidOrder."""
    order = msgspec.convert(new.model_dump(exclude_unset=True), OrderIntake, strict=False)
    try:
        read = rules.read(order, region)
    except Unreadable as error:
        raise InvalidOrder(str(error)) from error
    outcome = (await take_orders(await driver(session), [read], Mode.INSERT, Catalogue()))[0]
    if outcome.refusal:
        raise of_refusal(outcome.refusal)
    assert outcome.id is not None
    await audit.record(session, "create_order", f"/v1/orders/{outcome.id}")
    return outcome.id


async def take_orders(
    connection: asyncpg.Connection, orders: Sequence[ReadOrder], mode: Mode, catalogue: Catalogue
) -> list[Outcome]:
    """Store many orders; an outcome each, in order."""

    async def take(wave: Sequence[ReadOrder]) -> list[Outcome]:
        return await _take_wave(connection, wave, mode, catalogue)

    return await intake.in_waves(orders, lambda read: [read.order.key] if read.order.key else [], take)


async def _take_wave(
    connection: asyncpg.Connection, orders: Sequence[ReadOrder], mode: Mode, catalogue: Catalogue
) -> list[Outcome]:
    customers = await references.find_customers(connection, {read.customer for read in orders})
    products = await catalogue.find(connection, {product for read in orders for product in read.products})
    placed = [_place(read, customers, products) for read in orders]
    good = [item for item in placed if isinstance(item, Placed)]
    outcomes = iter(await repository.take(connection, good, mode))
    return [Outcome(None, refusal=item) if isinstance(item, Refusal) else next(outcomes) for item in placed]


def _place(
    read: ReadOrder, customers: Mapping[Handle, Sequence[UUID]], products: Mapping[Handle, UUID]
) -> Placed | Refusal:
    who = customers.get(read.customer, ())
    if len(who) > 1:
        return Refusal("ambiguous_reference", f"/customer: {read.customer} names {len(who)}.", candidates=tuple(who))
    if not who:
        return Refusal("unknown_reference", f"/customer: {read.customer} names nobody we know.")
    ids = _products(read, products)
    return ids if isinstance(ids, Refusal) else Placed(read.order, who[0], ids, read.fingerprint, read.cause)


def _products(read: ReadOrder, products: Mapping[Handle, UUID]) -> list[UUID] | Refusal:
    ids = [products.get(product) for product in read.products]
    if None not in ids:
        return cast("list[UUID]", ids)
    number = ids.index(None)
    return Refusal("unknown_reference", f"/lines/{number}/product: {read.products[number]} is not in the catalogue.")


async def check_products(connection: asyncpg.Connection, orders: Sequence[ReadOrder]) -> list[Refusal]:
    """What is wrong with the products of orders that still wait for their customers."""
    products = await Catalogue().find(connection, {product for read in orders for product in read.products})
    return [found for found in (_products(read, products) for read in orders) if isinstance(found, Refusal)]


async def hold_order(session: AsyncSession, id: UUID) -> tuple[UUID, int]:
    """Lock an order; whose it is, and its version. Raises OrderNotFound."""
    held = await fast.hold(await driver(session), id)
    if held is None:
        raise OrderNotFound(f"There is no order {id}.")
    return held


async def cancel_order(session: AsyncSession, id: UUID, customer_id: UUID) -> None:
    """Mark an order whose row the caller holds cancelled; cancelling it again changes nothing."""
    connection = await driver(session)
    if await fast.cancel(connection, id):
        await repository.emit_cancelled(connection, customer_id, id)
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
