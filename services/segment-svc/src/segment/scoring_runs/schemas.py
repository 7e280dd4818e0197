"""A scoring run: one model applied to all customers as they were at the start of a day."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.web import lists
from crmkit.web.bodies import Body
from segment.scoring_models.schemas import DEFAULT, ModelName

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]
AsOf = Annotated[date | None, Field(description="the latest finished run of this day; left out, the current run")]
OfModel = Annotated[ModelName, Field(description="whose runs; all but `default` are trials")]


class RunQuery(lists.ListQuery):
    """A list of what one finished run made; its pages are all of the run that the first was of."""

    as_of: AsOf = None
    model: OfModel = DEFAULT


class ScoringRunQuery(lists.ListQuery):
    sort: Literal["created_at", "-created_at", "as_of", "-as_of"] = "-created_at"
    ids: lists.Ids
    as_of: lists.AnyOf[date]
    model: lists.AnyOf[ModelName]
    status: lists.AnyOf[Status]
    as_of_gte: date | None = None
    as_of_lt: date | None = None


class NewScoringRun(Body):
    """as_of: everything before this day's midnight counts, in the business's time zone; left out, tomorrow's does."""

    as_of: date | None = Field(default=None, examples=["2017-12-04"])
    model: ModelName = DEFAULT


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
    status: Status
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
