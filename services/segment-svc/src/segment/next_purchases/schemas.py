"""A product type that a customer is likely to buy next."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from crmkit.web import lists
from segment.scoring_runs.schemas import RunQuery

Text = Annotated[str, Field(max_length=200)]


class CustomerNextPurchaseQuery(RunQuery):
    sort: Literal["rank", "-rank"] = "rank"
    product_type: lists.AnyOf[Text]
    product_category: lists.AnyOrNone[Text]


class NextPurchaseQuery(RunQuery):
    sort: Literal["customer_id", "-customer_id"] = "customer_id"
    customer_id: lists.AnyOf[UUID]
    product_type: lists.AnyOf[Text]
    product_category: lists.AnyOrNone[Text]


class BrandLoyalty(BaseModel):
    """Whose brands the customer prefers in the category, and how much of it the customer uses."""

    group: Literal["store", "national", "switcher"]
    usage: Literal["low", "mid", "high"]


class ProductReference(BaseModel):
    id: UUID


class NextPurchase(BaseModel):
    """score: recency-weighted frequency, 0 where popularity filled the list. expected_on: last day plus mean gap.

    typical_product: what stands for the type in the customer's own baskets.
    """

    customer_id: UUID
    external_id: str | None
    product_type: str
    product_category: str | None
    rank: int
    score: float
    expected_on: date | None
    interval: tuple[date, date] | None
    probability: float | None
    horizon_days: int
    brand_loyalty: BrandLoyalty | None
    typical_product: ProductReference | None
    as_of: date
    run_id: UUID
    model: str
    model_version: str
