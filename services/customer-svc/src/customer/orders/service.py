"""What can be done with orders."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.contact_points import Unreadable
from crmkit.data.db import driver
from crmkit.problems import AmbiguousReference, UnknownReference
from crmkit.web.batches import Outcome, Refusal
from crmkit.web.told import Told
from crmkit.work.due import Due
from customer import intake
from customer.intake import Mode
from customer.orders import lines, repository, rules
from customer.orders.errors import InvalidOrder, OrderExists, OrderNotFound
from customer.orders.lines import Placed
from customer.orders.rules import OrderIntake, ReadOrder
from customer.orders.schemas import NewOrder
from customer.references import repository as references
from customer.references.catalogue import Catalogue
from customer.references.rules import Handle


async def create_order(session: AsyncSession, new: NewOrder, *, region: str) -> UUID:
    """Record one purchase. Raises OrderExists, UnknownReference, AmbiguousReference, InvalidOrder."""
    order = msgspec.convert(new.model_dump(exclude_unset=True), OrderIntake, strict=False)
    try:
        read = rules.read(order, region)
    except Unreadable as error:
        raise InvalidOrder(str(error)) from error
    (outcome,) = await take_orders(await driver(session), [read], Mode.INSERT, Catalogue())
    id = intake.accepted(outcome, OrderExists, UnknownReference, AmbiguousReference)
    await audit.record(session, "create_order", f"/v1/orders/{id}")
    return id


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
    ids = await intake.new_ids(connection, len(orders))
    placed = [_place(read, id, customers, products) for read, id in zip(orders, ids, strict=True)]
    good = [item for item in placed if isinstance(item, Placed)]
    outcomes = iter(await repository.take(connection, good, mode))
    return [Outcome(None, refusal=item) if isinstance(item, Refusal) else next(outcomes) for item in placed]


def _place(
    read: ReadOrder, id: UUID, customers: Mapping[Handle, Sequence[UUID]], products: Mapping[Handle, UUID]
) -> Placed | Refusal:
    who = customers.get(read.customer, ())
    if len(who) > 1:
        return Refusal("ambiguous_reference", f"/customer: {read.customer} names {len(who)}.", candidates=tuple(who))
    if not who:
        return Refusal("unknown_reference", f"/customer: {read.customer} names nobody we know.")
    ids = [products.get(product) for product in read.products]
    if None in ids:
        number = ids.index(None)
        if read.checkout is None:
            detail = f"/lines/{number}/product: {read.products[number]} is not in the catalogue."
            return Refusal("unknown_reference", detail)
        ids = [found or rules.id_given(product) for found, product in zip(ids, read.products, strict=True)]
    return Placed(read, who[0], ids, read.checkout or id)


async def link_products(connection: asyncpg.Connection, products: Sequence[tuple[str, str]]) -> None:
    """Look again at lines that wait for products, by (source, external id)."""
    if products:
        sources, external_ids = zip(*products, strict=True)
        await repository.link_products(connection, sources, external_ids)


async def link_products_again(connection: asyncpg.Connection, rows: Sequence[Due]) -> None:
    """Look once more at orders that were written a moment ago with products not known, by their ids."""
    await link_products(connection, await lines.names_awaited(connection, [UUID(row.ref) for row in rows]))


async def hold_order(session: AsyncSession, id: UUID) -> tuple[UUID, int]:
    """Lock an order; whose it is, and its version. Raises OrderNotFound."""
    held = await repository.hold(await driver(session), id)
    if held is None:
        raise OrderNotFound(f"There is no order {id}.")
    return held


async def cancel_order(session: AsyncSession, id: UUID) -> None:
    """Mark an order whose row the caller holds cancelled; cancelling it again changes nothing."""
    if await repository.cancel(await driver(session), id):
        await audit.record(session, "cancel_order", f"/v1/orders/{id}")


async def read_order(session: AsyncSession, id: UUID) -> Told:
    """An order as this transaction sees it. Raises OrderNotFound."""
    missing = OrderNotFound(f"There is no order {id}.")
    return await intake.told(await driver(session), repository.READ, id, missing)
