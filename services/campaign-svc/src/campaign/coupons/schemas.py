"""Coupons at the API."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from campaign.offers.schemas import CustomerLimit, check_period
from campaign.schemas import CustomerId
from crmkit.data.instants import Instant
from crmkit.web import lists
from crmkit.web.bodies import Body


class CouponStatus(StrEnum):
    ISSUED = "issued"
    RESERVED = "reserved"
    REDEEMED = "redeemed"


class Coupon(BaseModel):
    """A code that stands for one use of an offer; `reserved` ends by itself at `reserved_until`."""

    id: UUID
    version: int
    code: str
    status: CouponStatus
    offer_id: UUID
    campaign_id: UUID | None
    shopping_list_id: UUID | None
    batch_id: UUID | None
    customer: CustomerId | None
    valid_from: datetime
    valid_until: datetime
    checkout_id: UUID | None
    reserved_until: datetime | None
    redeemed_at: datetime | None
    created_at: datetime


class CouponQuery(lists.ListQuery):
    sort: Literal["id", "-id"] = "id"
    ids: lists.Ids
    status: lists.AnyOf[CouponStatus]
    customer_id: lists.AnyOrNone[UUID]
    campaign_id: lists.AnyOrNone[UUID]
    offer_id: lists.AnyOf[UUID]
    batch_id: lists.AnyOrNone[UUID]
    valid_until_gte: Instant | None = Field(None, description="leaves out what has expired by then")


class CouponBatchQuery(lists.ListQuery):
    sort: Literal["-created_at", "created_at"] = "-created_at"
    ids: lists.Ids
    campaign_id: lists.AnyOrNone[UUID]
    offer_id: lists.AnyOf[UUID]


class NewCouponBatch(Body):
    """Bearer coupons of one offer, for nobody in particular."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "offer_id": "01890000-0000-7000-8000-000000000001",
                    "count": 100_000,
                    "valid_until": "2027-01-01T00:00:00Z",
                }
            ]
        }
    )

    offer_id: UUID
    count: Annotated[int, Field(ge=1, le=100_000_000)]
    campaign_id: UUID | None = Field(default=None, description="whose budget pays")
    per_customer_limit: CustomerLimit | None = None
    valid_from: Instant | None = Field(default=None, description="default: now")
    valid_until: Instant

    @model_validator(mode="after")
    def _ends_after_start(self) -> "NewCouponBatch":
        check_period(self.valid_from, self.valid_until)
        return self


class CouponBatch(BaseModel):
    id: UUID
    version: int
    offer_id: UUID
    campaign_id: UUID | None
    count: int
    issued_count: int
    per_customer_limit: int | None
    valid_from: datetime
    valid_until: datetime
    job_id: UUID
    created_at: datetime
