"""A scoring model: the thresholds that turn facts into classes. A version of it never changes."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from crmkit.web import lists
from crmkit.web.bodies import Body

# The model whose runs are told as what a customer is; others are trials.
DEFAULT: Final = "default"

Kind = Literal["consumer", "business", "channel", "internal"]
Percent = Annotated[float, Field(gt=0, le=100)]
Days = Annotated[int, Field(ge=1, le=3660)]
ModelName = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$", examples=["default"])]
Names = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=1000)]


class Thresholds(BaseModel):
    """Every threshold of the definitions, with its default. Amounts are minor units.

    source: whose external ids name the customers; null takes each customer's first.
    """

    model_config = ConfigDict(extra="forbid")

    kinds: Annotated[list[Kind], Field(min_length=1)] = ["consumer", "business"]
    source: Annotated[str | None, Field(pattern=r"^[a-z0-9_-]+$", max_length=64)] = None
    bands: Annotated[int, Field(ge=2, le=100)] = 5
    a_percent: Percent = 75
    window_days: Days = 84
    weekly_spend_weeks: Annotated[int, Field(ge=1, le=520)] = 13
    svcd_orders_a_month: Annotated[float, Field(gt=0, le=1000)] = 1
    amount_threshold: Annotated[float | None, Field(ge=0, le=1e15)] = None
    platinum_percent: Percent = 5
    gold_percent: Percent = 15
    silver_percent: Percent = 35
    bronze_percent: Percent = 60
    growing_percent: Annotated[float, Field(ge=100, le=1000)] = 120
    declining_percent: Annotated[float, Field(ge=0, le=100)] = 80
    new_days: Days = 30
    loyal_days: Days = 180
    loyal_purchase_days: Annotated[int, Field(ge=2, le=10_000)] = 6
    act_gaps: Annotated[float, Field(gt=0, le=100)] = 2
    category_days: Days = 3
    brand_percent: Annotated[float, Field(gt=50, le=100)] = 70
    half_life_days: Days = 90
    list_length: Annotated[int, Field(ge=1, le=100)] = 10
    rhythm_days: Annotated[int, Field(ge=2, le=100)] = 3
    horizon_days: Days = 14
    excluded_departments: Names = [
        "FUEL",
        "MISCELLANEOUS",
        "COUPON",
        "CNTRL/STORE SUP",
        "POSTAL CENTER",
        "PROD-WHS SALES",
    ]
    excluded_categories: Names = ["COUPON/MISC ITEMS", "COUPON"]

    @model_validator(mode="after")
    def _tiers_rise(self) -> "Thresholds":
        shares = [self.platinum_percent, self.gold_percent, self.silver_percent, self.bronze_percent]
        if shares != sorted(set(shares)):
            raise ValueError("the tiers' shares must rise from platinum to bronze")
        return self


class NewScoringModel(Body):
    """A model, or the next version of the one that has this name; thresholds left out take their defaults."""

    name: ModelName
    thresholds: Thresholds = Thresholds()


class ScoringModel(BaseModel):
    id: UUID
    name: ModelName
    version: int
    thresholds: Thresholds
    created_at: datetime


class ScoringModelQuery(lists.ListQuery):
    sort: Literal["created_at", "-created_at", "version", "-version"] = "-created_at"
    ids: lists.Ids
    name: lists.AnyOf[ModelName]
