"""What is kept of other services' facts, and in which form."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from campaign.events import CustomerData, OrderData, RefundData
from campaign.schemas import CustomerRef

HandleKind = Literal["card", "external", "phone", "email"]
_DIGESTED: Final = frozenset({"phone", "email"})


class CustomerHandle(msgspec.Struct, frozen=True):
    """One way to name a customer, in the form in which it is stored."""

    kind: HandleKind
    value: str


class Purchase(msgspec.Struct, frozen=True):
    """An order as results see it: who, on which day of the business, for how much. A refund is a negative one."""

    customer_id: UUID
    id: UUID
    version: int
    purchased_on: date
    amount: int
    source: str | None = None
    external_id: str | None = None


def stored_handle(kind: HandleKind, value: str) -> CustomerHandle:
    """Normalised; phones and e-mails become digests, which is enough to recognise them."""
    text = "".join(value.split())
    if kind == "email":
        text = text.lower()
    return CustomerHandle(kind, hashlib.sha256(text.encode()).hexdigest() if kind in _DIGESTED else text)


def external_handle(source: str, external_id: str) -> CustomerHandle:
    return CustomerHandle("external", f"{source}/{external_id}")


def handle_of(reference: CustomerRef) -> CustomerHandle:
    """The handle that a reference without an id gives."""
    if reference.external_id is not None:
        return external_handle(reference.source, reference.external_id)
    if reference.card is not None:
        return stored_handle("card", reference.card)
    if reference.phone is not None:
        return stored_handle("phone", reference.phone)
    assert reference.email is not None
    return stored_handle("email", reference.email)


def handles_of(customer: CustomerData) -> Iterator[CustomerHandle]:
    """Every handle a customer is known by."""
    yield from (external_handle(each.source, each.external_id) for each in customer.external_ids)
    yield from (stored_handle("card", card) for card in customer.cards)
    yield from (stored_handle("phone", phone) for phone in customer.phones)
    yield from (stored_handle("email", email) for email in customer.emails)


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The day in `zone`; the one as written where that would lie outside the calendar, in years 1 and 9999."""
    try:
        return instant.astimezone(zone).date()
    except OverflowError:
        return instant.date()


def purchase_of_order(order: OrderData, zone: ZoneInfo) -> Purchase | None:
    """The purchase an order is, worth nothing once cancelled; None for an order of nobody."""
    if order.customer is None or order.customer.id is None:
        return None
    amount = 0 if order.cancelled_at is not None else order.total_amount
    day = day_of(order.placed_at, zone)
    return Purchase(order.customer.id, order.id, order.version, day, amount, order.source, order.external_id)


def purchase_of_refund(refund: RefundData, zone: ZoneInfo) -> Purchase | None:
    if refund.customer_id is None:
        return None
    day = day_of(refund.refunded_at, zone)
    return Purchase(refund.customer_id, refund.id, refund.version, day, -refund.amount)
