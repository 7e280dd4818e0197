"""What a checkout works with between the database and the rules."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec

from campaign.checkouts.rules import Candidate, Line, Reason, ineligible
from campaign.checkouts.schemas import NewCheckout
from campaign.coupons import codes
from campaign.projections.rules import CustomerHandle
from campaign.references import Buyer


class Holding(msgspec.Struct, frozen=True):
    """A coupon as it was found, with what decides whether it may be used at all."""

    candidate: Candidate
    status: str
    customer_id: UUID | None
    currency: str
    valid_from: datetime
    valid_until: datetime
    reserved_until: datetime | None
    campaign_status: str | None
    campaign_currency: str | None

    def obstacle(self, buyer_id: UUID | None, currency: str, now: datetime) -> Reason | None:
        """Why it may not be used by this buyer now, whatever is in the basket. No buyer: the code is the right."""
        if self.status == "redeemed":
            return Reason.COUPON_ALREADY_REDEEMED
        if now < self.valid_from:
            return Reason.COUPON_NOT_STARTED
        if now >= self.valid_until:
            return Reason.COUPON_EXPIRED
        if self.customer_id is not None and buyer_id is not None and self.customer_id != buyer_id:
            return Reason.NOT_FOR_THIS_CUSTOMER
        if self.campaign_status == "paused":
            return Reason.CAMPAIGN_PAUSED
        if self.campaign_status == "ended":
            return Reason.CAMPAIGN_ENDED
        if self.currency != currency or self.campaign_currency not in (None, currency):
            return Reason.CURRENCY_MISMATCH
        if self.reserved_until is not None and now < self.reserved_until:
            return Reason.RESERVED_ELSEWHERE
        return None


class ShoppingListRef(msgspec.Struct, frozen=True):
    """The list that a scanned code belongs to."""

    id: UUID
    customer_id: UUID


class Basket(msgspec.Struct, frozen=True):
    """A posted checkout with its references resolved."""

    posted: NewCheckout
    buyer: Buyer
    lines: tuple[Line, ...]
    shopping_list: ShoppingListRef | None

    @property
    def customer_id(self) -> UUID | None:
        """The card decides; without one, the list's owner is the buyer."""
        if self.buyer.customer_id is not None or self.shopping_list is None:
            return self.buyer.customer_id
        return self.shopping_list.customer_id

    @property
    def pending_handle(self) -> CustomerHandle | None:
        """What names somebody we do not know; None where we do, or where it is nothing personal."""
        return self.buyer.handle if self.customer_id is None else None

    @property
    def asked_codes(self) -> list[str]:
        """The coupon codes that were shown, as they are stored; unreadable ones left out."""
        return [code for typed in self.posted.coupon_codes if (code := codes.normalise(typed))]

    def touches(self, holding: Holding, now: datetime) -> bool:
        """Whether the coupon could apply here, were nobody else holding it."""
        obstacle = holding.obstacle(self.customer_id, self.posted.currency, now)
        return obstacle in (None, Reason.RESERVED_ELSEWHERE) and ineligible(self.lines, holding.candidate) is None

    def usable(self, holdings: Iterable[Holding], now: datetime) -> list[Holding]:
        """The coupons that nothing stands in the way of, the basket's lines and budgets aside."""
        return [h for h in holdings if h.obstacle(self.customer_id, self.posted.currency, now) is None]


class Locked(msgspec.Struct, frozen=True):
    """A checkout as it is under its lock, with the coupons it holds or held."""

    id: UUID
    status: str
    version: int
    coupon_ids: tuple[UUID, ...]


class Reserved(msgspec.Struct, frozen=True):
    """A coupon that a checkout holds, as it goes into `applied_coupons`."""

    coupon_id: UUID
    code: str
    offer_id: UUID
    campaign_id: UUID | None
    sponsor_id: UUID | None
    sponsor_share: Decimal
    amount: int
    sponsor_amount: int
