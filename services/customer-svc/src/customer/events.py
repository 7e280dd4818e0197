"""What the profile store reads of other services' events; members not named here are ignored."""

from datetime import datetime
from uuid import UUID

import msgspec


class CustomerRef(msgspec.Struct, frozen=True):
    id: UUID | None = None


class Handle(msgspec.Struct, frozen=True):
    """A customer's name as the till gave it: one of these."""

    id: UUID | None = None
    phone: str | None = None
    email: str | None = None
    card: str | None = None
    external_id: str | None = None
    source: str | None = None


class Buyer(CustomerRef, frozen=True):
    """`id` is null where the handle, if there was one, named nobody at checkout."""

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
    """`perennial.checkout.confirmed.v1` of the campaign feed."""

    id: UUID
    currency: str
    lines: list[CheckoutLine]
    customer: Buyer | None = None
    order: OrderRef | None = None
    store_id: str | None = None
    brand: str | None = None


class Ticket(msgspec.Struct, frozen=True):
    """`perennial.ticket.*.v1` of the callcenter feed."""

    id: UUID
    version: int
    type: str
    subject: str
    status: str
    created_at: datetime
    customer: CustomerRef | None = None
    channel: str | None = None


class Call(msgspec.Struct, frozen=True):
    """`perennial.call.*.v1` of the callcenter feed."""

    id: UUID
    version: int
    created_at: datetime
    ringing_at: datetime | None = None
    customer: CustomerRef | None = None
    direction: str | None = None
    status: str | None = None


class SurveyResponse(msgspec.Struct, frozen=True):
    """`perennial.survey_response.*.v1` of the callcenter feed."""

    id: UUID
    created_at: datetime
    kind: str
    version: int = 1
    customer: CustomerRef | None = None
