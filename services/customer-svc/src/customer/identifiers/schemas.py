"""A customer's identifiers."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from customer.references.rules import SOURCE_PATTERN
from customer.references.schemas import Text

Kind = Literal["external_id", "phone", "email", "card", "social"]


class NewIdentifier(BaseModel):
    """A handle to add: a `phone`, `email`, `card`, `social` id, or an `external_id` of a `source`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kind": "card", "value": "2200 1234"}]})
    kind: Kind
    value: Text
    source: Annotated[str, Field(pattern=SOURCE_PATTERN)] | None = None


class Identifier(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    kind: Kind
    source: str
    value: str


class Identifiers(BaseModel):
    """All of a customer's identifiers."""

    data: list[Identifier]
    next_cursor: None = None
