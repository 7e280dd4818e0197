"""Shopping lists at the API."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from campaign.offers.rules import OfferKind
from campaign.schemas import CustomerId, Percent
from crmkit.web.bodies import Body


class NewShoppingLists(Body):
    """Make every list of a campaign from the scores and next purchases of a day."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"campaign_id": "01890000-0000-7000-8000-000000000001", "as_of": "2017-12-04"}]}
    )

    campaign_id: UUID
    as_of: date


class ListedProduct(BaseModel):
    """The product that stands for the type in this customer's baskets, or one that the line's offer is for instead."""

    id: UUID
    name: str | None


class ListedOffer(BaseModel):
    """What the coupon gives this customer: `percent`, or `amount` in minor units (off, or the price of one)."""

    id: UUID
    name: str
    kind: OfferKind
    percent: Percent | None
    amount: int | None
    currency: str
    sponsor_id: UUID | None


class ListLine(BaseModel):
    """A product type that the customer is due to buy, with the best offer on any product of it, where there is one."""

    rank: int
    product_type: str | None
    product_category: str | None
    product: ListedProduct | None
    expected_on: date | None
    offer: ListedOffer | None
    coupon_code: str | None


class ShoppingList(BaseModel):
    """One customer's list; `list_code` is its barcode and applies every coupon on it."""

    id: UUID
    version: int
    campaign_id: UUID
    customer: CustomerId
    as_of: date
    list_code: str
    valid_from: datetime
    valid_until: datetime
    lines: list[ListLine]
    created_at: datetime


class Generation(BaseModel):
    """What a job made: how many customers were eligible, of them left out as control, and given a list."""

    eligible_count: int
    control_count: int
    list_count: int
