"""Customers as they come in and go out."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from crmkit.data.instants import Instant
from customer.references.rules import DEFAULT_SOURCE, SOURCE_PATTERN
from customer.references.schemas import Text

Kind = Literal["consumer", "business", "channel", "internal"]
Provenance = Literal["own", "third_party", "partner"]
AttributeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class NewAttribute(BaseModel):
    """A descriptive value and where it comes from; null removes it."""

    model_config = ConfigDict(extra="forbid")
    value: JsonValue
    source: Provenance = "own"
    channel: Annotated[str, Field(max_length=64)] | None = None
    collected_at: Instant | None = None
    verified_at: Instant | None = None


class NewCustomer(BaseModel):
    """A customer as posted, batched or imported; what is left out of an upsert stays as it is."""

    model_config = ConfigDict(
        extra="forbid",
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
    source: Annotated[str, Field(pattern=SOURCE_PATTERN)] = DEFAULT_SOURCE
    kind: Kind | None = None
    name: Text | None = None
    phones: Annotated[list[Text], Field(max_length=20)] = []
    emails: Annotated[list[Text], Field(max_length=20)] = []
    cards: Annotated[list[Text], Field(max_length=20)] = []
    attributes: Annotated[dict[AttributeName, NewAttribute | None], Field(max_length=200)] = {}


class AttributePatch(BaseModel):
    """What of an attribute changes: members left out stay, null clears one; a new attribute needs its value."""

    model_config = ConfigDict(extra="forbid")
    value: JsonValue = None
    source: Provenance = "own"
    channel: Annotated[str, Field(max_length=64)] | None = None
    collected_at: Instant | None = None
    verified_at: Instant | None = None


class CustomerPatch(BaseModel):
    """A JSON merge patch: null clears a name or removes an attribute."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"name": "Anna Müller"}]})
    kind: Kind = "consumer"
    name: Text | None = None
    attributes: Annotated[dict[AttributeName, AttributePatch | None], Field(max_length=200)] = {}


class ExternalId(BaseModel):
    source: str
    external_id: str


class Attribute(BaseModel):
    value: Any
    source: Provenance
    channel: str | None
    collected_at: datetime | None
    verified_at: datetime | None


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


class CustomerPage(BaseModel):
    data: list[Customer]
    next_cursor: str | None


class NewCustomers(BaseModel):
    """Up to 1,000 customers; each stands or falls by itself."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"items": [{"name": "Anna Müller"}]}]})
    items: Annotated[list[JsonValue], Field(min_length=1, max_length=1000)]
