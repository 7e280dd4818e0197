"""Campaigns at the API."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from campaign.campaigns.rules import CampaignStatus
from campaign.schemas import UNSET, Name, Share
from crmkit.data.instants import Instant
from crmkit.data.money import Amount, Currency
from crmkit.web import lists
from crmkit.web.bodies import Body

Goal = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Tier = Literal["platinum", "gold", "silver", "bronze", "lead"]
ListLength = Annotated[int, Field(ge=1, le=50)]
ValidDays = Annotated[int, Field(ge=1, le=366)]
OfferIds = Annotated[list[UUID], Field(min_length=1, max_length=10_000)]


class Audience(Body):
    """Who is eligible, by the scores at a list's `as_of`: every rule given must hold."""

    weekly_spend_gte: Amount | None = None
    tiers: Annotated[list[Tier], Field(min_length=1)] | None = None


class NewCampaign(Body):
    """`offer_ids` null means every current offer; `starts_at` to `ends_at` is the time the results look at.

    Nothing happens at `ends_at` by itself: a coupon is good until its own `valid_until`, or until the campaign
    is ended.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "December lists",
                    "goal": "Raise two-week spend of weekly shoppers by 3 % until 18 December",
                    "audience": {"weekly_spend_gte": 2500},
                    "control_share": 0.2,
                    "budget_amount": 500_000,
                    "starts_at": "2017-12-04T05:00:00Z",
                    "ends_at": "2017-12-18T05:00:00Z",
                }
            ]
        }
    )

    name: Name
    goal: Goal
    audience: Audience
    control_share: Share
    budget_amount: Amount
    currency: Currency | None = Field(default=None, description="default: the deployment's")
    offer_ids: OfferIds | None = None
    list_length: ListLength = 10
    coupon_valid_days: ValidDays = 14
    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _ends_after_start(self) -> "NewCampaign":
        if self.starts_at >= self.ends_at:
            raise ValueError("starts_at must be before ends_at")
        return self


class CampaignPatch(Body):
    """Once launched, only `name`, `goal`, `ends_at` and `budget_amount` may change."""

    name: Name = UNSET
    goal: Goal = UNSET
    audience: Audience = UNSET
    control_share: Share = UNSET
    budget_amount: Amount = UNSET
    offer_ids: OfferIds | None = None
    list_length: ListLength = UNSET
    coupon_valid_days: ValidDays = UNSET
    starts_at: Instant = UNSET
    ends_at: Instant = UNSET


class Budget(BaseModel):
    """Minor units of the campaign's currency; granted = reserved + spent + remaining."""

    granted_amount: int
    reserved_amount: int
    spent_amount: int
    remaining_amount: int


class BudgetEntry(BaseModel):
    id: UUID
    kind: Literal["grant", "reserve", "settle", "release", "give_back"]
    amount: int
    checkout_id: UUID | None
    redemption_id: UUID | None
    created_at: datetime


class CampaignQuery(lists.ListQuery):
    sort: Literal["-created_at", "created_at", "starts_at", "-starts_at"] = "-created_at"
    ids: lists.Ids
    status: lists.AnyOf[CampaignStatus]


class Campaign(BaseModel):
    """`offer_count` null means every current offer; they are listed at `offers_url`.

    The budget moves with every checkout and is read from its ledger: `GET /v1/campaigns/{id}/budget`.
    """

    id: UUID
    version: int
    name: str
    goal: str
    audience: Audience
    control_share: Share
    currency: str
    offer_count: int | None
    offers_url: str
    list_length: int
    coupon_valid_days: int
    starts_at: datetime
    ends_at: datetime
    status: CampaignStatus
    launched_at: datetime | None
    created_at: datetime
    updated_at: datetime
