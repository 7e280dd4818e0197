"""A customer's score: the metrics, the classes made from them, and why."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import BaseModel

from crmkit.data.money import Money

Tier = Literal["platinum", "gold", "silver", "bronze", "lead"]
Abc = Literal["A", "B", "C"]
Svcd = Literal["star", "volcano", "cow", "dog"]
Stage = Literal["prospect", "exploration", "formation", "stable", "decline"]
State = Literal["lost", "lapsed", "new", "reactivated", "growing", "declining"]
Stability = Literal["potential", "new", "regular", "loyal"]

EQUAL: Final = ("tier", "abc", "svcd", "stage", "state", "stability", "cell")
RANGED: Final = ("weekly_spend", "revenue_amount", "order_count", "recency_days")


@dataclass(frozen=True, slots=True)
class ScoreFilter:
    """What a list of scores is narrowed to; amounts are minor units."""

    tier: Tier | None = None
    abc: Abc | None = None
    svcd: Svcd | None = None
    stage: Stage | None = None
    state: State | None = None
    stability: Stability | None = None
    cell: str | None = None
    weekly_spend_gte: int | None = None
    weekly_spend_lt: int | None = None
    revenue_amount_gte: int | None = None
    revenue_amount_lt: int | None = None
    order_count_gte: int | None = None
    order_count_lt: int | None = None
    recency_days_gte: int | None = None
    recency_days_lt: int | None = None


class Metrics(BaseModel):
    """weekly_spend is rounded down, so that it compares with whole thresholds as the exact value would."""

    order_count: int
    revenue: Money
    margin: Money | None
    recency_days: int | None
    tenure_days: int | None
    purchase_days: int
    mean_gap_days: float | None
    spend_w0: Money
    spend_w1: Money
    weekly_spend: Money
    deal_share: float | None


class Rfm(BaseModel):
    recency: int
    frequency: int
    monetary: int
    cell: str
    total: int


class Pyramid(BaseModel):
    tier: Tier
    rank: int


class Lifecycle(BaseModel):
    stage: Stage
    state: State | None


class Reason(BaseModel):
    """Which class, and the sentence with the figures it came from."""

    code: str
    detail: str


class Score(BaseModel):
    """Null where a class does not apply (no order yet) or is not scored."""

    customer_id: UUID
    external_id: str | None
    run_id: UUID
    as_of: date
    computed_at: datetime
    model: str
    model_version: str
    metrics: Metrics
    rfm: Rfm | None
    abc: Abc
    svcd: Svcd | None
    pyramid: Pyramid | None
    lifecycle: Lifecycle
    stability: Stability
    loyalty: None
    value_needs: None
    response_type: None
    clv: None
    churn: None
    reasons: list[Reason]
