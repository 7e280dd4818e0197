"""Events of other services as this one reads them; members that are not declared here are ignored.

Emitted: sponsor, offer, campaign (created, updated, archived, launched, paused, ended), shopping_list.issued,
coupon_batch.issued, coupon.redeemed, coupon.reinstated, checkout (reserved, confirmed, cancelled, expired),
redemption.reversed. Each carries the resource whole, as its GET answers.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from crmkit.events.cloudevents import type_name

CUSTOMER_TOLD: Final = frozenset(type_name("customer", verb) for verb in ("created", "updated"))
CUSTOMER_ERASED: Final = frozenset({type_name("customer", "erased")})
PRODUCT_EVENTS: Final = frozenset(type_name("product", verb) for verb in ("created", "updated"))
ORDER_EVENTS: Final = frozenset(type_name("order", verb) for verb in ("placed", "updated", "cancelled"))
REFUND_EVENTS: Final = frozenset({type_name("refund", "recorded")})


class ExternalId(msgspec.Struct, frozen=True):
    source: str
    external_id: str


class CustomerData(msgspec.Struct, frozen=True):
    """An erased customer has its id and version, and nothing else."""

    id: UUID
    version: int
    name: str | None = None
    external_ids: tuple[ExternalId, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()


class ProductData(msgspec.Struct, frozen=True):
    id: UUID
    version: int
    source: str | None = None
    external_id: str | None = None
    name: str | None = None
    product_category: str | None = None
    product_type: str | None = None
    manufacturer_id: str | None = None
    brand: str | None = None


class OrderCustomer(msgspec.Struct, frozen=True):
    id: UUID | None = None


class OrderData(msgspec.Struct, frozen=True):
    id: UUID
    version: int
    customer: OrderCustomer | None
    placed_at: datetime
    total_amount: int
    source: str | None = None
    external_id: str | None = None
    cancelled_at: datetime | None = None


class RefundData(msgspec.Struct, frozen=True):
    id: UUID
    version: int
    customer_id: UUID | None
    refunded_at: datetime
    amount: int
