"""Customers as they come in and go out."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from crmkit.web.bodies import Body, Email, Phone
from customer.attributes.schemas import Attribute, AttributeName, AttributePatch, NewAttribute
from customer.references.rules import DEFAULT_SOURCE
from customer.references.schemas import Source, Text

Kind = Literal["consumer", "business", "channel", "internal"]


class NewCustomer(Body):
    """A customer as posted, batched or imported; what is left out of an upsert stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "external_id": "4711",
                    "source": "shop",
                    "name": "王小明",
                    "phones": ["+15551234567"],
                    "emails": ["xiaoming@example.com"],
                    "cards": ["2200 1234"],
                    "attributes": {"age_band": {"value": "35-44", "source": "third_party"}},
                }
            ]
        },
    )
    external_id: Text | None = None
    source: Source = DEFAULT_SOURCE
    kind: Kind | None = None
    name: Text | None = None
    phones: Annotated[list[Phone], Field(default_factory=list, max_length=20)]
    emails: Annotated[list[Email], Field(default_factory=list, max_length=20)]
    cards: Annotated[list[Text], Field(default_factory=list, max_length=20)]
    attributes: Annotated[dict[AttributeName, NewAttribute | None], Field(default_factory=dict, max_length=200)]


class CustomerPatch(Body):
    """A JSON merge patch: null clears a name or removes an attribute."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Anna Müller"}]})
    kind: Kind = "consumer"
    name: Text | None = None
    attributes: Annotated[dict[AttributeName, AttributePatch | None], Field(default_factory=dict, max_length=200)]


# The columns of `customers` that are given: those a patch may set.
FIELDS: Final = tuple(name for name in CustomerPatch.model_fields if name != "attributes")


class ExternalId(BaseModel):
    source: str
    external_id: str


class Customer(BaseModel):
    """The one lifetime profile of a customer."""

    id: UUID
    version: int
    kind: Kind
    name: str | None
    external_ids: list[ExternalId]
    phones: list[str]
    emails: list[str]
    cards: list[str]
    attributes: dict[str, Attribute]
    consents: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    erased_at: datetime | None


class NewCustomers(Body):
    """Up to 1,000 customers; each stands or falls by itself."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [{"name": "Anna Müller"}]}]})
    items: Annotated[list[JsonValue], Field(min_length=1, max_length=1000)]
