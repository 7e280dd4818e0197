"""Refunds: records of their own that point back to lines."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from crmkit.data.instants import Instant
from crmkit.data.money import Amount
from crmkit.web import lists
from crmkit.web.bodies import Body
from customer.orders.schemas import Quantity
from customer.references.rules import DEFAULT_SOURCE
from customer.references.schemas import Source, Text

_EXAMPLE: JsonDict = {
    "external_id": "r-1",
    "source": "shop",
    "refunded_at": "2017-01-09T10:00:00Z",
    "lines": [{"line": 1, "quantity": 1, "amount": 199}],
}


class RefundLine(Body):
    """line: the number of the order's line; amount: what the customer got back for it."""

    line: Annotated[int, Field(ge=1, le=2000)]
    quantity: Quantity
    amount: Amount


class NewRefund(Body):
    """What is given back of an order; a second one under the same external id is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    refunded_at: Instant
    lines: Annotated[list[RefundLine], Field(min_length=1, max_length=2000)]
    external_id: Text | None = None
    source: Source = DEFAULT_SOURCE


class RefundIntake(NewRefund):
    """A refund as imported: it names its order by the external id of the same source, or of `order_source`."""

    order_external_id: Text
    order_source: Source | None = None


class Refund(BaseModel):
    id: UUID
    version: int
    source: str | None
    external_id: str | None
    order_id: UUID
    customer_id: UUID
    refunded_at: datetime
    currency: str
    amount: int
    lines: list[RefundLine]


class RefundQuery(lists.ListQuery):
    sort: Literal["refunded_at", "-refunded_at"] = "refunded_at"
    ids: lists.Ids
    refunded_at_gte: Instant | None = None
    refunded_at_lt: Instant | None = None
