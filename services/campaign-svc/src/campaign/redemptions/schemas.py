"""Redemptions at the API."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from campaign.schemas import DEFAULT_SOURCE, CustomerId, CustomerRef, Handle, Source
from crmkit.data.money import Amount
from crmkit.web import lists
from crmkit.web.bodies import Body


class RedeemedOrder(Body):
    external_id: Handle
    source: Source = DEFAULT_SOURCE


class NewRedemption(Body):
    """One coupon, redeemed at once by a till that did the sums itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "4F7K-9Q2M-XR3B", "store_id": "367"}]})

    code: Handle
    store_id: Handle
    customer: CustomerRef | None = None
    order: RedeemedOrder | None = None
    discount_amount: Amount | None = Field(
        default=None, description="what the till took off; default: the value of an amount offer, else 0"
    )


class RedemptionQuery(lists.ListQuery):
    sort: Literal["-redeemed_at", "redeemed_at"] = "-redeemed_at"
    ids: lists.Ids
    customer_id: lists.AnyOrNone[UUID]
    checkout_id: lists.AnyOrNone[UUID]
    campaign_id: lists.AnyOrNone[UUID]
    offer_id: lists.AnyOf[UUID]
    status: lists.AnyOf[Literal["redeemed", "reversed"]]


class Reversal(Body):
    """The whole redemption is reversed."""


class OrderName(BaseModel):
    external_id: str
    source: str


class Redemption(BaseModel):
    """One use of a coupon; `sponsor_amount` of `discount_amount` is the sponsor's to pay."""

    id: UUID
    version: int
    status: Literal["redeemed", "reversed"]
    code: str
    coupon_id: UUID
    offer_id: UUID
    campaign_id: UUID | None
    sponsor_id: UUID | None
    customer: CustomerId | None
    checkout_id: UUID | None
    store_id: str
    order: OrderName | None
    currency: str
    discount_amount: int
    sponsor_amount: int
    redeemed_at: datetime
    reversed_at: datetime | None
