"""Products as they come in and go out."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.config import JsonDict

from crmkit.web import lists
from crmkit.web.bodies import Body
from customer.references.rules import DEFAULT_SOURCE
from customer.references.schemas import Source, Text

Brand = Literal["national", "private"]

_EXAMPLE: JsonDict = {
    "external_id": "1082185",
    "source": "tcj",
    "name": "Bananas",
    "department": "PRODUCE",
    "product_category": "TROPICAL FRUIT",
    "product_type": "BANANAS",
    "manufacturer_id": "2",
    "brand": "national",
    "package_size": "40 LB",
}


class NewProduct(Body):
    """A product as posted or imported; what is left out of an upsert stays as it is.

    brand: `private` is the store's own, `national` any other.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})
    external_id: Text
    source: Source = DEFAULT_SOURCE
    name: Text | None = None
    department: Text | None = None
    product_category: Text | None = None
    product_type: Text | None = None
    manufacturer_id: Text | None = None
    brand: Brand | None = None
    package_size: Text | None = None


class NewProducts(Body):
    """Up to 1,000 products; each stands or falls by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE]}]})
    items: Annotated[list[JsonValue], Field(min_length=1, max_length=1000)]


class Product(BaseModel):
    """A product of the catalogue."""

    id: UUID
    version: int
    source: str
    external_id: str
    name: str | None
    department: str | None
    product_category: str | None
    product_type: str | None
    manufacturer_id: str | None
    brand: Brand | None
    package_size: str | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class ProductQuery(lists.ListQuery):
    sort: Literal["created_at", "-created_at"] = "created_at"
    ids: lists.Ids
    source: lists.AnyOf[str]
    external_id: lists.AnyOf[str]
    department: lists.AnyOrNone[str]
    product_category: lists.AnyOrNone[str]
    product_type: lists.AnyOrNone[str]
    brand: lists.AnyOrNone[Brand]
