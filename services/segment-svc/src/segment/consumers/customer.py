"""The customer feed: customers, products, orders and refunds, each event cut to the fields that are read of it.

Every page becomes a few set statements, whatever it holds. Each row is kept at the newest version seen, so a feed
read again from the start changes nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Final, Literal, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import astuple
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.days import day_of
from crmkit.events.cloudevents import Event
from crmkit.events.consumers import Consumer
from segment.projections import facts
from segment.projections.facts import OrderFact
from segment.scoring_runs import repository as scoring_runs
from segment.settings import Settings

ERASED: Final = "perennial.customer.erased.v1"
THOUSAND: Final = 1000
# What erasure leaves of the events before it.
BLANK: Final = frozenset({b"null", b"{}", b""})


class ExternalId(msgspec.Struct, frozen=True):
    source: str
    external_id: str


class Customer(msgspec.Struct, frozen=True):
    id: str
    version: int
    kind: str
    external_ids: list[ExternalId] = []


class Product(msgspec.Struct, frozen=True):
    """A row of `products`, in the order of its columns."""

    id: str
    version: int
    external_id: str | None = None
    source: str | None = None
    name: str | None = None
    department: str | None = None
    product_category: str | None = None
    product_type: str | None = None
    brand: Literal["national", "private"] | None = None


class Reference(msgspec.Struct, frozen=True):
    """id: null while what was named is not known."""

    id: str | None


class Discount(msgspec.Struct, frozen=True):
    amount: int


class Line(msgspec.Struct, frozen=True):
    product: Reference
    quantity: float
    amount: int
    tax_amount: int | None = None
    cost_amount: int | None = None
    discounts: list[Discount] = []


class Order(msgspec.Struct, frozen=True):
    id: str
    version: int
    customer: Reference
    placed_at: datetime
    currency: str
    lines: list[Line]
    cancelled_at: datetime | None = None


class Refund(msgspec.Struct, frozen=True):
    id: str
    version: int
    customer_id: str | None
    refunded_at: datetime
    currency: str
    amount: int
    order_id: str | None = None


T = TypeVar("T", Customer, Product, Order, Refund)


def consumer(settings: Settings) -> Consumer:
    """The consumer of the customer feed."""
    return Consumer(feed="customer", apply=partial(apply, zone=settings.zone), final=frozenset({ERASED}))


async def apply(session: AsyncSession, batch: list[Event], *, zone: ZoneInfo) -> None:
    """Apply a batch. zone: the business's, whose dates the facts carry."""
    customers = _newest(batch, "perennial.customer.", Customer)
    products = _newest(batch, "perennial.product.", Product)
    orders = [order_fact(each, zone) for each in _newest(batch, "perennial.order.", Order) if each.customer.id]
    refunds = [refund_fact(each, zone) for each in _newest(batch, "perennial.refund.", Refund) if each.customer_id]
    if customers:
        ids = [(each.id, place, *astuple(known)) for each in customers for place, known in enumerate(each.external_ids)]
        await facts.keep_customers(session, [(each.id, each.version, each.kind, False) for each in customers], ids)
    for table, rows in (("products", map(astuple, products)), ("orders", orders), ("refunds", refunds)):
        await facts.keep(session, table, list(rows))
    erased = [UUID(event.subject) for event in batch if event.type == ERASED and event.subject]
    if erased:
        await facts.erase_customers(session, erased)
        await scoring_runs.erase_customers(session, erased)


def _newest(batch: Iterable[Event], prefix: str, kind: type[T]) -> list[T]:
    """What the events of this prefix tell, one row an id: a statement may touch a row once only."""
    newest: dict[str, T] = {}
    for event in batch:
        if event.type.startswith(prefix) and event.type != ERASED and bytes(event.data) not in BLANK:
            told = event.read(kind)
            known = newest.get(told.id)
            if known is None or known.version < told.version:
                newest[told.id] = told
    return list(newest.values())


def order_fact(order: Order, zone: ZoneInfo) -> OrderFact:
    """The row kept of an order: amounts in minor units, days of the business."""
    lines = order.lines
    amounts = [line.amount for line in lines]
    return OrderFact(
        customer_id=order.customer.id,
        order_id=order.id,
        version=order.version,
        day=day_of(order.placed_at, zone),
        cancelled_on=day_of(order.cancelled_at, zone) if order.cancelled_at else None,
        currency=order.currency,
        amount=sum(amounts),
        deal_amount=sum(line.amount for line in lines if line.discounts and any(d.amount for d in line.discounts)),
        margin_amount=margin(lines),
        line_count=len(lines),
        product_ids=[line.product.id for line in lines],
        quantity_thousandths=[round(line.quantity * THOUSAND) for line in lines],
        amounts=amounts,
    )


def refund_fact(refund: Refund, zone: ZoneInfo) -> tuple[object, ...]:
    """The row kept of a refund."""
    day = day_of(refund.refunded_at, zone)
    return refund.customer_id, refund.id, refund.version, refund.order_id, day, refund.currency, refund.amount


def margin(lines: list[Line]) -> int | None:
    """What is left of the lines after tax and cost; None where a cost is not known."""
    total = 0
    for line in lines:
        if line.cost_amount is None:
            return None
        total += line.amount - (line.tax_amount or 0) - line.cost_amount
    return total
