"""What a checkout works with between the database and the rules."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from campaign.checkouts.rules import Line, ineligible
from campaign.checkouts.schemas import NewCheckout
from campaign.coupons import codes
from campaign.coupons.rules import Holding, Visit, obstacle
from campaign.offers.reasons import Reason
from campaign.references import Buyer


class Basket(msgspec.Struct, frozen=True):
    """A posted checkout with its references resolved, looked at at one instant.

    codes: as they are stored, unreadable ones left out. customer_id: who the card says; without one, whose list it is.
    """

    begun: "Beginning"
    posted: NewCheckout
    buyer: Buyer
    lines: tuple[Line, ...]
    codes: list[str]
    customer_id: UUID | None

    def obstacle(self, holding: Holding) -> Reason | None:
        """Why a coupon may not be used here, the basket's lines and allowances aside."""
        return obstacle(holding, Visit(self.begun.now, self.customer_id, self.posted.currency))

    def touches(self, holding: Holding) -> bool:
        """Whether the coupon could apply here, were nobody else holding it."""
        reason = self.obstacle(holding)
        return reason in (None, Reason.RESERVED_ELSEWHERE) and ineligible(self.lines, holding) is None

    def usable(self, holdings: Iterable[Holding]) -> list[Holding]:
        """The coupons that nothing stands in the way of, the basket's lines and allowances aside."""
        return [holding for holding in holdings if self.obstacle(holding) is None]


class Beginning(msgspec.Struct, frozen=True):
    """The id that a checkout would have, its instant, and the owners of the lists shown, by code."""

    id: UUID
    now: datetime
    lists: dict[str, UUID]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `checkouts` as JSON gives it; one without an id is a quote."""

    customer_id: UUID | None
    customer: dict[str, Any] | None
    handle_kind: str | None
    handle_value: str | None
    store_id: str
    currency: str
    brand: str | None
    lines: list[dict[str, Any]]
    applied: list["Reserved"]
    not_applied: list[dict[str, Any]]
    discount_amount: int
    total_amount: int
    id: UUID | None = None
    version: int = 1
    status: str = "reserved"
    created_at: datetime | None = None
    expires_at: datetime | None = None


class Reserved(msgspec.Struct, frozen=True):
    """A coupon that a checkout holds."""

    coupon_id: UUID
    code: str
    offer_id: UUID
    campaign_id: UUID | None
    sponsor_id: UUID | None
    sponsor_share: float
    amount: int
    sponsor_amount: int


class Locked(msgspec.Struct, frozen=True):
    """A checkout under its lock, `now` read once its coupons were locked; ids of the redemptions it may become."""

    id: UUID
    status: str
    version: int
    customer_id: UUID | None
    store_id: str
    currency: str
    applied: tuple[Reserved, ...]
    expires_at: datetime
    now: datetime
    redemption_ids: tuple[UUID, ...]

    @property
    def coupon_ids(self) -> list[UUID]:
        return [each.coupon_id for each in self.applied]

    @property
    def charges(self) -> dict[UUID, int]:
        """What each campaign pays of it."""
        charges: dict[UUID, int] = {}
        for each in self.applied:
            if each.campaign_id is not None:
                charges[each.campaign_id] = charges.get(each.campaign_id, 0) + each.amount
        return charges


def read_codes(posted: NewCheckout) -> list[str]:
    """The codes that were shown, as they are stored: a list's and a coupon's are understood in either place."""
    typed = [*([posted.list_code] if posted.list_code else []), *posted.coupon_codes]
    return [code for each in typed if (code := codes.normalise(each))]
