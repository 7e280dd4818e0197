"""Checkouts at the API."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from campaign.checkouts.rules import line_amount
from campaign.offers.reasons import Reason
from campaign.references import Resolution
from campaign.schemas import CustomerRef, Handle, OrderRef, ProductRef, Quantity, Share
from crmkit.data.money import MOST, Amount, Currency, Money
from crmkit.web.bodies import Body

Status = Literal["reserved", "confirmed", "cancelled", "expired"]

EXAMPLE: Final[JsonDict] = {
    "customer": {"card": "tcj-1"},
    "store_id": "367",
    "currency": "USD",
    "lines": [{"product": {"external_id": "1029743", "source": "tcj"}, "quantity": 2, "unit_amount": 199}],
}


class NewLine(Body):
    """`amount` is the line's shelf value where it is not quantity x unit_amount."""

    product: ProductRef
    quantity: Quantity
    unit_amount: Amount
    amount: Amount | None = None

    @model_validator(mode="after")
    def _is_payable(self) -> "NewLine":
        if self.shelf_amount > MOST:
            raise ValueError(f"quantity x unit_amount exceeds {MOST}")
        return self

    @property
    def shelf_amount(self) -> int:
        return line_amount(self.unit_amount, self.quantity) if self.amount is None else self.amount


class NewCheckout(Body):
    """A basket, and what its owner shows: the loyalty card or another handle, a list's code, single coupons."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    customer: CustomerRef | None = None
    list_code: Handle | None = None
    coupon_codes: Annotated[list[Handle], Field(max_length=100, default_factory=list)]
    store_id: Handle
    currency: Currency
    brand: Handle | None = None
    lines: Annotated[list[NewLine], Field(min_length=1, max_length=500)]


class Discount(BaseModel):
    kind: Literal["coupon"] = "coupon"
    amount: int
    code: str


class KnownProduct(BaseModel):
    """The product as it was named; `id` is null while it is not known here."""

    id: UUID | None
    external_id: str | None = None
    source: str | None = None


class Line(BaseModel):
    """`gross_amount` is the shelf value, `amount` what is left to pay after `discounts`."""

    line: int
    product: KnownProduct
    quantity: Quantity
    unit_amount: int
    gross_amount: int
    amount: int
    discounts: list[Discount]


class AppliedCoupon(BaseModel):
    """`sponsor_amount` of `amount` is the sponsor's to pay."""

    coupon_id: UUID
    code: str
    offer_id: UUID
    campaign_id: UUID | None
    sponsor_id: UUID | None
    amount: int
    sponsor_share: Share
    sponsor_amount: int


class NotApplied(BaseModel):
    """Why something did not apply; `code` is null where the customer's handle is meant."""

    code: str | None
    reason: Reason
    detail: str


class OrderName(BaseModel):
    external_id: str
    source: str


class Order(OrderName):
    placed_at: datetime


class Customer(BaseModel):
    """Whose basket it is, as far as that was known when it was made.

    While it is not resolved, `handle` is what the till gave, for whoever hears later whose that is, and `id` is null
    or the id that was given; `candidates` are customers it might mean.
    """

    id: UUID | None
    handle: dict[str, str] | None = Field(default=None, examples=[{"card": "tcj-1"}])
    resolution: Resolution = "resolved"
    candidates: list[UUID] = []


class Quote(BaseModel):
    """What a basket would get; `customer` is null where nobody was named."""

    customer: Customer | None
    store_id: str
    currency: str
    brand: str | None
    lines: list[Line]
    discount: Money
    total: Money
    applied: list[AppliedCoupon]
    not_applied: list[NotApplied]


class Checkout(Quote):
    """What a basket gets. Reserved until `expires_at`; `order` is what a confirmed one became."""

    id: UUID
    version: int
    status: Status
    expires_at: datetime
    order: Order | None = None
    confirmed_at: datetime | None = None
    created_at: datetime


class Confirmation(Body):
    """The order that the basket became, by the caller's name for it; default: the checkout's id, placed now."""

    order: OrderRef | None = None
