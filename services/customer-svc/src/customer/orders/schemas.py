"""Orders as the API shows them and takes them one at a time."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.config import JsonDict

from crmkit.data.instants import Instant
from crmkit.data.money import Amount, Currency
from crmkit.web import lists
from crmkit.web.bodies import Body
from customer.references.rules import DEFAULT_SOURCE
from customer.references.schemas import CustomerRef, ProductRef, Source, Text

AsNumber = PlainSerializer(float, return_type=float, when_used="json")
Quantity = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=3), AsNumber]
Short = Annotated[str, Field(max_length=64)]
DiscountKind = Literal["store", "manufacturer", "match", "coupon"]

_LINE: JsonDict = {
    "product": {"external_id": "1082185", "source": "tcj"},
    "quantity": 2,
    "amount": 398,
    "discounts": [{"kind": "store", "amount": 50}],
}
_EXAMPLE: JsonDict = {
    "external_id": "31198570044",
    "source": "tcj",
    "customer": {"external_id": "900", "source": "tcj"},
    "placed_at": "2017-01-01T11:53:26Z",
    "store_id": "330",
    "channel": "store",
    "currency": "USD",
    "lines": [_LINE],
}


class Discount(Body):
    """What took a line's price down, and by how much."""

    kind: DiscountKind
    amount: Amount
    code: Text | None = None


class NewOrderLine(Body):
    """amount: what the store received for the line, tax included."""

    product: ProductRef
    quantity: Quantity
    amount: Amount
    tax_amount: Amount | None = None
    cost_amount: Amount | None = None
    discounts: Annotated[list[Discount], Field(default_factory=list, max_length=20)]


class NewOrder(Body):
    """A purchase. Another one under the same external id replaces it when imported, and is refused when posted."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    customer: CustomerRef
    placed_at: Instant
    currency: Currency
    lines: Annotated[list[NewOrderLine], Field(min_length=1, max_length=2000)]
    external_id: Text | None = None
    source: Source = DEFAULT_SOURCE
    store_id: Short | None = None
    channel: Short | None = None
    brand: Short | None = None


class CustomerId(BaseModel):
    id: UUID


class LineProduct(BaseModel):
    """A product as it was given and, once that is known, as it is called here: until then `id` is null."""

    id: UUID | None
    external_id: str | None
    source: str | None


class OrderLine(BaseModel):
    line: int
    product: LineProduct
    quantity: float
    amount: int
    tax_amount: int | None
    cost_amount: int | None
    discounts: list[Discount]


class Order(BaseModel):
    """A purchase with its lines; `total_amount` is what the store received for them."""

    id: UUID
    version: int
    source: str | None
    external_id: str | None
    customer: CustomerId
    placed_at: datetime
    store_id: str | None
    channel: str | None
    currency: str
    brand: str | None
    cancelled_at: datetime | None
    total_amount: int
    lines: list[OrderLine]


class OrderQuery(lists.ListQuery):
    sort: Literal["-placed_at", "placed_at"] = "-placed_at"
    ids: lists.Ids
    customer_id: lists.AnyOf[UUID]
    source: lists.AnyOrNone[str]
    store_id: lists.AnyOrNone[str]
    channel: lists.AnyOrNone[str]
    currency: lists.AnyOf[str]
    brand: lists.AnyOrNone[str]
    placed_at_gte: Instant | None = None
    placed_at_lt: Instant | None = None
