"""From an event to the row that is kept of it. Amounts are minor units, days are dates of the business."""

from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from segment.events import Line, Order, Refund

THOUSAND = 1000


class OrderFact(NamedTuple):
    """A row of `orders`, in the order of its columns."""

    customer_id: str
    order_id: str
    version: int
    day: date
    cancelled_on: date | None
    currency: str
    amount: int
    deal_amount: int
    margin_amount: int | None
    line_count: int
    product_ids: list[str]
    quantity_thousandths: list[int]
    amounts: list[int]


class RefundFact(NamedTuple):
    """A row of `refunds`, in the order of its columns."""

    customer_id: str
    refund_id: str
    version: int
    order_id: str | None
    day: date
    currency: str
    amount: int


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The day in `zone`; the one as written where that would lie outside the calendar, in years 1 and 9999."""
    try:
        return instant.astimezone(zone).date()
    except OverflowError:
        return instant.date()


def order_fact(order: Order, zone: ZoneInfo) -> OrderFact:
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


def refund_fact(refund: Refund, zone: ZoneInfo) -> RefundFact:
    day = day_of(refund.refunded_at, zone)
    return RefundFact(
        refund.customer_id, refund.id, refund.version, refund.order_id, day, refund.currency, refund.amount
    )


def margin(lines: list[Line]) -> int | None:
    """What is left of the lines after tax and cost; None where a cost is not known."""
    total = 0
    for line in lines:
        if line.cost_amount is None:
            return None
        total += line.amount - (line.tax_amount or 0) - line.cost_amount
    return total
