"""Offers at the API."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from campaign.offers.rules import OfferKind
from campaign.schemas import UNSET, Handle, Name, Percent, Quantity, Share
from crmkit.data.instants import Instant
from crmkit.data.money import MOST, Amount, Currency
from crmkit.web import lists
from crmkit.web.bodies import Body

PositiveAmount = Annotated[int, Field(gt=0, le=MOST, strict=True, description="minor units")]
Priority = Annotated[int, Field(ge=0, le=1000, description="lower ones apply first")]
CustomerLimit = Annotated[int, Field(ge=1, le=10**6, description="coupons that one customer may use")]

EXAMPLE: Final[JsonDict] = {
    "name": "Yogurt, 15 % off",
    "kind": "percentage",
    "percent": 15,
    "target": {"product_type": "YOGURT", "brand": "national"},
    "ladder": [{"group": "store", "usage": "high", "percent": 30}, {"group": "store", "percent": 25}],
    "sponsor_share": 0,
}


class Target(Body):
    """The goods an offer is for: every member given must hold, and at least one is."""

    product_ids: Annotated[list[UUID], Field(min_length=1, max_length=1000)] | None = None
    product_type: Handle | None = None
    product_category: Handle | None = None
    brand: Literal["national", "private"] | None = None
    manufacturer_id: Handle | None = None

    @model_validator(mode="after")
    def _aims(self) -> "Target":
        if all(value is None for value in self.model_dump().values()):
            raise ValueError("give at least one of product_ids, product_type, product_category, brand, manufacturer_id")
        return self


class LadderStep(Body):
    """What customers of one brand-loyalty group get; without `usage`, all of the group that no other step names."""

    group: Literal["store", "national", "switcher"]
    usage: Literal["low", "mid", "high"] | None = None
    percent: Percent | None = None
    amount: PositiveAmount | None = None


class NewOffer(Body):
    """`percent` with kind percentage, else `amount`: taken off (amount), or the price of one unit (fixed_price)."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    name: Name
    kind: OfferKind
    percent: Percent | None = None
    amount: PositiveAmount | None = None
    currency: Currency | None = Field(default=None, description="default: the deployment's")
    target: Target
    ladder: Annotated[list[LadderStep], Field(max_length=12, default_factory=list)]
    priority: Priority = 100
    per_customer_limit: CustomerLimit | None = None
    regular_amount: PositiveAmount | None = Field(
        default=None, description="usual price of a unit; lets an amount or a price be compared with a percentage"
    )
    minimum_quantity: Quantity | None = None
    minimum_spend_amount: Amount | None = None
    sponsor_id: UUID | None = None
    sponsor_share: Share = Decimal(0)
    starts_at: Instant | None = None
    ends_at: Instant | None = None

    @model_validator(mode="after")
    def _agrees(self) -> "NewOffer":
        check_values(self.kind, self.percent, self.amount)
        for step in self.ladder:
            check_values(self.kind, step.percent, step.amount)
        check_period(self.starts_at, self.ends_at)
        if self.sponsor_share and self.sponsor_id is None:
            raise ValueError("a sponsor_share needs its sponsor_id")
        return self


class OfferPatch(Body):
    """What may change later; what an issued coupon promises, its value included, stays as it was printed."""

    name: Name = UNSET
    percent: Percent = UNSET
    amount: PositiveAmount = UNSET
    ladder: Annotated[list[LadderStep], Field(max_length=12)] = UNSET
    regular_amount: PositiveAmount | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class Offer(BaseModel):
    id: UUID
    version: int
    name: str
    kind: OfferKind
    percent: Percent | None
    amount: int | None
    currency: str
    target: Target
    ladder: list[LadderStep]
    priority: int
    per_customer_limit: int | None
    regular_amount: int | None
    minimum_quantity: Quantity | None
    minimum_spend_amount: int | None
    sponsor_id: UUID | None
    sponsor_share: Share
    starts_at: datetime | None
    ends_at: datetime | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class NewOffers(Body):
    """Each item is checked by itself: a wrong one does not keep the others out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE]}]})

    items: Annotated[list[Any], Field(min_length=1, max_length=1000)]


class OfferQuery(lists.ListQuery):
    sort: Literal["-created_at", "created_at", "name", "-name"] = "-created_at"
    ids: lists.Ids
    kind: lists.AnyOf[OfferKind]
    sponsor_id: lists.AnyOrNone[UUID]
    archived: bool = Field(False, description="the archived ones instead of the current ones")


def check_values(kind: OfferKind, percent: Decimal | None, amount: int | None) -> None:
    """Raises: ValueError unless just the one that the kind takes is given."""
    takes, refuses = (percent, amount) if kind is OfferKind.PERCENTAGE else (amount, percent)
    if takes is None or refuses is not None:
        raise ValueError(f"kind {kind} takes {'percent' if kind is OfferKind.PERCENTAGE else 'amount'}, and only it")


def check_period(starts_at: datetime | None, ends_at: datetime | None) -> None:
    """Raises: ValueError unless the start is before the end."""
    if starts_at is not None and ends_at is not None and starts_at >= ends_at:
        raise ValueError("starts_at must be before ends_at")
