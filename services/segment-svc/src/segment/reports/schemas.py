"""Reports: rows that mean something by themselves, under the run they were read from. Amounts are minor units."""

from datetime import date, datetime
from typing import Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel

from segment.scores.schemas import Abc, Stage, State, Svcd, Tier

Relationship = Literal["basic", "reactive", "accountable", "proactive", "partnership"]

Row = TypeVar("Row", bound=BaseModel)


class PyramidRow(BaseModel):
    """strategy: what to do with the tier; relationship: how much of one it earns."""

    tier: Tier
    customer_count: int
    customer_share: float | None
    revenue_amount: int
    revenue_share: float | None
    margin_amount: int | None
    margin_share: float | None
    strategy: str
    relationship: Relationship


class RfmRow(BaseModel):
    cell: str
    recency: int
    frequency: int
    monetary: int
    customer_count: int
    revenue_amount: int


class AbcRow(BaseModel):
    """contact: how often to be in touch."""

    abc: Abc
    customer_count: int
    customer_share: float | None
    revenue_amount: int
    revenue_share: float | None
    contact: str


class SvcdRow(BaseModel):
    """order_amount: the mean order's value."""

    svcd: Svcd
    customer_count: int
    customer_share: float | None
    order_count: int
    order_amount: int | None
    revenue_amount: int
    revenue_share: float | None
    contact: str


class LifecycleRow(BaseModel):
    """spend_w0_amount, spend_w1_amount: of the last window and the one before."""

    stage: Stage
    state: State | None
    customer_count: int
    customer_share: float | None
    spend_w0_amount: int
    spend_w1_amount: int


class BrandLoyaltyRow(BaseModel):
    """One of the nine groups of a category: whose brands these customers buy, and how much of the category."""

    product_category: str
    group: Literal["store", "national", "switcher"]
    usage: Literal["low", "mid", "high"]
    customer_count: int
    customer_share: float | None
    unit_count: float


class Report(BaseModel, Generic[Row]):
    """A report of one finished run."""

    report: str
    run_id: UUID
    as_of: date
    computed_at: datetime
    model_version: str
    currency: str
    rows: list[Row]
