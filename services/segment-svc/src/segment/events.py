"""The events this service reads, each cut to the fields it keeps, and the names of those it emits."""

from datetime import datetime
from typing import Final, Literal

import msgspec

CUSTOMER: Final = "perennial.customer."
PRODUCT: Final = "perennial.product."
ORDER: Final = "perennial.order."
REFUND: Final = "perennial.refund."
CUSTOMER_ERASED: Final = "perennial.customer.erased.v1"

SCORE_CHANGED: Final = "perennial.score.changed.v1"


class ExternalId(msgspec.Struct, frozen=True):
    source: str
    external_id: str


class Customer(msgspec.Struct, frozen=True):
    id: str
    version: int
    kind: str
    external_ids: list[ExternalId] = []


class Product(msgspec.Struct, frozen=True):
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
    id: str


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
    customer_id: str
    refunded_at: datetime
    currency: str
    amount: int
    order_id: str | None = None
