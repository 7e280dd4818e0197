"""A customer's identifiers."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from crmkit.web import lists
from crmkit.web.bodies import Body
from customer.references.schemas import Source, Text

Kind = Literal["external_id", "phone", "email", "card", "social"]


class NewIdentifier(Body):
    """A handle to add: a `phone`, `email`, `card`, `social` id, or an `external_id` of a `source`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "card", "value": "2200 1234"}]})
    kind: Kind
    value: Text
    source: Source | None = None


class Identifier(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    kind: Kind
    source: str
    value: str


class Identifiers(BaseModel):
    """All of a customer's identifiers."""

    data: list[Identifier]
    next_cursor: str | None = None


class IdentifierQuery(lists.ListQuery):
    sort: Literal["kind", "-kind"] = "kind"
    kind: lists.AnyOf[Kind]
    source: lists.AnyOf[str]
