"""A customer's score: the metrics, the classes made from them, and why."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.data.money import MOST, Money
from crmkit.web import lists
from segment.scoring_runs.schemas import RunQuery

Tier = Literal["platinum", "gold", "silver", "bronze", "lead"]
Abc = Literal["A", "B", "C"]
Svcd = Literal["star", "volcano", "cow", "dog"]
Stage = Literal["prospect", "exploration", "formation", "stable", "decline"]
State = Literal["lost", "lapsed", "new", "reactivated", "growing", "declining"]
Stability = Literal["potential", "new", "regular", "loyal"]

Amount = Annotated[int | None, Field(ge=-MOST, le=MOST, description="minor units")]
Count = Annotated[int | None, Field(ge=0, le=10**9)]
Cell = Annotated[str, Field(pattern=r"^R\d{1,3}F\d{1,3}M\d{1,3}$", examples=["R5F4M5"])]


class ScoreQuery(RunQuery):
    """`ids` are customers'."""

    sort: Literal[
        "customer_id", "-customer_id", "weekly_spend", "-weekly_spend",
        "revenue_amount", "-revenue_amount", "order_count", "-order_count",
    ] = "customer_id"  # fmt: skip
    ids: lists.Ids
    tier: lists.AnyOrNone[Tier]
    abc: lists.AnyOf[Abc]
    svcd: lists.AnyOrNone[Svcd]
    stage: lists.AnyOf[Stage]
    state: lists.AnyOrNone[State]
    stability: lists.AnyOf[Stability]
    cell: lists.AnyOf[Cell]
    weekly_spend_gte: Amount = None
    weekly_spend_lt: Amount = None
    revenue_amount_gte: Amount = None
    revenue_amount_lt: Amount = None
    order_count_gte: Count = None
    order_count_lt: Count = None
    recency_days_gte: Count = None
    recency_days_lt: Count = None


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
    loyalty: dict[str, Any] | None
    value_needs: dict[str, Any] | None
    response_type: dict[str, Any] | None
    clv: dict[str, Any] | None
    churn: dict[str, Any] | None
    reasons: list[Reason]
