"""Stores: where the business sells."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from crmkit.web import lists
from crmkit.web.bodies import Body
from customer.references.schemas import Text
from customer.stores.rules import time_zone

StoreNumber = Annotated[str, Field(min_length=1, max_length=64, description="the business's own number of the store")]
TimeZone = Annotated[str, AfterValidator(time_zone)]


class NewStore(Body):
    """A store as posted or imported; what is left out of an upsert stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"store_id": "330", "name": "Main Street"}]})
    store_id: StoreNumber
    name: Text | None = None
    address: Text | None = None
    time_zone: TimeZone | None = None


class Store(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    version: int
    store_id: str
    name: str | None
    address: str | None
    time_zone: str | None
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class StoreQuery(lists.ListQuery):
    sort: Literal["store_id", "-store_id", "created_at", "-created_at"] = "store_id"
    ids: lists.Ids
    store_id: lists.AnyOf[str]
    name: lists.AnyOrNone[str]
    time_zone: lists.AnyOrNone[str]
