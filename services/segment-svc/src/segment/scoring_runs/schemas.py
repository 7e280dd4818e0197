"""A scoring run: one model applied to all customers as they were at the start of a day."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.web.bodies import Body
from segment.scoring_models.schemas import ModelName


class NewScoringRun(Body):
    """as_of: everything before this day's midnight counts, in the business's time zone; left out, tomorrow's does."""

    as_of: date | None = Field(default=None, examples=["2017-12-04"])
    model: ModelName = "default"


class RefusedOrders(BaseModel):
    """Orders left out, because a run has one currency."""

    currency: str
    order_count: int


class ScoringRun(BaseModel):
    """customer_count: the population; ranked_count: those of it with an order. Amounts are theirs, in minor units.

    amount_threshold: the mean order value from which an order is large. ranked_by: what the pyramid ranks by.
    """

    id: UUID
    model: str
    model_version: str
    as_of: date
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    currency: str
    customer_count: int | None
    ranked_count: int | None
    revenue_amount: int | None
    margin_amount: int | None
    ranked_by: Literal["margin", "revenue"] | None
    amount_threshold: float | None
    refused: list[RefusedOrders] | None
    created_at: datetime
    finished_at: datetime | None
