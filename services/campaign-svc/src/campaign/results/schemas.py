"""What a campaign achieved."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel


class GroupSpend(BaseModel):
    """One group's customers and their mean spend, in minor units."""

    customer_count: int
    mean_spend_amount: float | None


class Lift(BaseModel):
    """Treated minus control in minor units per customer, with its 95 % confidence interval (Welch)."""

    difference_amount: float
    low_amount: float
    high_amount: float
    confidence: float


class SponsorResult(BaseModel):
    """What a sponsor's offers did; everything but its name is null while under ten customers redeemed."""

    sponsor_id: UUID
    name: str
    suppressed: bool
    customer_count: int | None
    redeemed_count: int | None
    discount_amount: int | None
    sponsor_amount: int | None


class Results(BaseModel):
    """`spend_from` to `spend_until` is the campaign's period as far as it has passed; `currency` is the campaign's."""

    campaign_id: UUID
    currency: str
    spend_from: datetime
    spend_until: datetime
    list_count: int
    issued_count: int
    redeemed_count: int
    redemption_rate: float | None
    discount_amount: int
    sponsor_amount: int
    store_amount: int
    treated: GroupSpend
    control: GroupSpend
    lift: Lift | None
    sponsors: list[SponsorResult]
