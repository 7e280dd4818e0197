"""Events of other services as this one reads them; members that are not declared here are ignored.

Emitted: ticket (created, updated), call (started, updated, ended), survey_response (recorded, updated).
Each carries the resource whole, as its GET answers.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from crmkit.events.cloudevents import type_name

CUSTOMER_TOLD: Final = frozenset({type_name("customer", "created"), type_name("customer", "updated")})
CUSTOMER_ERASED: Final = type_name("customer", "erased")
SCORE_CHANGED: Final = type_name("score", "changed")
LIST_ISSUED: Final = type_name("shopping_list", "issued")
CAMPAIGN_ENDED: Final = type_name("campaign", "ended")
COUPON_REINSTATED: Final = type_name("coupon", "reinstated")
COUPON_REDEEMED: Final = type_name("coupon", "redeemed")


class ExternalId(msgspec.Struct, frozen=True):
    source: str
    external_id: str


class CustomerData(msgspec.Struct, frozen=True):
    """An erased customer has its id and version, and nothing else."""

    id: UUID
    version: int
    kind: str = "consumer"
    name: str | None = None
    external_ids: tuple[ExternalId, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    consents: dict[str, Any] = {}


class PyramidData(msgspec.Struct, frozen=True):
    tier: str | None = None


class ScoreData(msgspec.Struct, frozen=True):
    """The class and the value of a customer, as far as the model gave them."""

    customer_id: UUID
    computed_at: datetime
    pyramid: PyramidData | None = None
    clv: dict[str, Any] | None = None


class OfferData(msgspec.Struct, frozen=True):
    id: UUID


class LineData(msgspec.Struct, frozen=True):
    offer: OfferData | None = None
    coupon_code: str | None = None


class OwnerData(msgspec.Struct, frozen=True):
    id: UUID


class ListData(msgspec.Struct, frozen=True):
    """A personal shopping list, for the coupons on it."""

    customer: OwnerData
    valid_until: datetime
    campaign_id: UUID | None = None
    lines: tuple[LineData, ...] = ()


class CampaignData(msgspec.Struct, frozen=True):
    id: UUID


class CouponData(msgspec.Struct, frozen=True):
    """A coupon that was used or given back; one without an owner is nobody's open coupon."""

    code: str
    valid_until: datetime
    offer_id: UUID | None = None
    campaign_id: UUID | None = None
    customer: OwnerData | None = None
