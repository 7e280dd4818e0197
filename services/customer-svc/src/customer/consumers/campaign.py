"""Campaign's feed: a confirmed checkout becomes an order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.db import driver
from crmkit.events.cloudevents import Event
from customer.intake import Cause, Mode
from customer.orders import rules as order_rules
from customer.orders import service as orders
from customer.orders.rules import DiscountIntake, LineIntake, OrderIntake, ReadOrder
from customer.pending import repository as pending
from customer.pending.repository import Named, Noun, Pending
from customer.references import repository as references
from customer.references.catalogue import Catalogue
from customer.references.rules import DEFAULT_SOURCE
from customer.references.schemas import Reference

CONFIRMED: Final = "perennial.checkout.confirmed.v1"
# Of orders that have no name but their checkout's id.
CHECKOUT_SOURCE: Final = "checkout"


class Handle(msgspec.Struct, frozen=True):
    """A customer's name as the till gave it: one of these."""

    id: UUID | None = None
    phone: str | None = None
    email: str | None = None
    card: str | None = None
    external_id: str | None = None
    source: str | None = None


class Buyer(msgspec.Struct, frozen=True):
    """`id` is null where the handle, if there was one, named nobody at checkout."""

    id: UUID | None = None
    handle: Handle | None = None


class OrderRef(msgspec.Struct, frozen=True):
    """The shop's own name for the purchase a checkout became."""

    external_id: str
    source: str
    placed_at: datetime


class CheckoutDiscount(msgspec.Struct, frozen=True):
    amount: int
    kind: str = "coupon"
    code: str | None = None


class CheckoutProduct(msgspec.Struct, frozen=True):
    """As the till named it; `id` is null while campaign-svc does not know it."""

    id: UUID | None = None
    external_id: str | None = None
    source: str | None = None


class CheckoutLine(msgspec.Struct, frozen=True):
    product: CheckoutProduct
    quantity: float
    amount: int
    discounts: list[CheckoutDiscount] = []


class Checkout(msgspec.Struct, frozen=True):
    """`perennial.checkout.confirmed.v1`."""

    id: UUID
    currency: str
    lines: list[CheckoutLine]
    customer: Buyer | None = None
    order: OrderRef | None = None
    store_id: str | None = None
    brand: str | None = None
    confirmed_at: datetime | None = None


async def apply(session: AsyncSession, events: list[Event], *, region: str) -> None:
    """Make the orders of confirmed checkouts, or keep them until their buyers are known.

    An order that was imported meanwhile stays as it was imported.
    """
    wanted = [read for event in events if event.type == CONFIRMED and (read := read_order(event, region))]
    if not wanted:
        return
    connection = await driver(session)
    named = await references.find_customers(connection, {read.customer for read in wanted})
    waiting = [read for read in wanted if pending.is_open(read.customer, named)]
    known = [read for read in wanted if not pending.is_open(read.customer, named)]
    await orders.take_orders(connection, known, Mode.INSERT, Catalogue())
    await _keep(connection, waiting, named)


async def _keep(connection: asyncpg.Connection, waiting: Sequence[ReadOrder], named: Named) -> None:
    await pending.keep(connection, [_pending(read, named) for read in waiting])


def _pending(read: ReadOrder, named: Named) -> Pending:
    assert read.checkout is not None
    return Pending(
        noun=Noun.ORDER,
        id=read.checkout,
        handle=read.customer,
        candidates=named.get(read.customer, ()),
        at=read.order.placed_at,
        content=msgspec.json.encode(read.order).decode(),
        cause=read.cause,
    )


def read_order(event: Event, region: str) -> ReadOrder | None:
    """The purchase a confirmed checkout became; None for an anonymous one. Raises Unreadable."""
    checkout = event.read(Checkout)
    buyer = _buyer(checkout.customer)
    if buyer is None or not checkout.lines:
        return None
    named = checkout.order or OrderRef(
        str(checkout.id), CHECKOUT_SOURCE, checkout.confirmed_at or datetime.fromisoformat(event.time)
    )
    order = OrderIntake(
        customer=buyer,
        placed_at=named.placed_at,
        currency=checkout.currency,
        lines=tuple(map(_line, checkout.lines)),
        external_id=named.external_id,
        source=named.source,
        store_id=checkout.store_id,
        channel="store",
        brand=checkout.brand,
    )
    return order_rules.read(order, region)._replace(checkout=checkout.id, cause=Cause.of(event))


def _buyer(customer: Buyer | None) -> Reference | None:
    """Who bought, as surely as the checkout knew; None of an anonymous one."""
    if customer is None or (customer.id is None and customer.handle is None):
        return None
    if customer.id is not None or customer.handle is None:
        return Reference(id=customer.id)
    given = customer.handle
    return Reference(given.id, given.external_id, given.source or DEFAULT_SOURCE, given.phone, given.email, given.card)


def _line(line: CheckoutLine) -> LineIntake:
    return LineIntake(
        product=_product(line.product),
        quantity=line.quantity,
        amount=line.amount,
        discounts=tuple(DiscountIntake(kind="coupon", amount=d.amount, code=d.code) for d in line.discounts),
    )


def _product(named: CheckoutProduct) -> Reference:
    """The surest handle of a product: the id that campaign-svc knows from here, or else the till's name for it."""
    if named.id is not None:
        return Reference(id=named.id)
    return Reference(external_id=named.external_id, source=named.source or DEFAULT_SOURCE)
