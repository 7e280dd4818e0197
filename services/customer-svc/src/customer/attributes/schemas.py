"""Descriptive values of a customer, and where they come from."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, JsonValue

from crmkit.data.instants import Instant
from crmkit.web.bodies import Body

Provenance = Literal["own", "third_party", "partner"]
AttributeName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class NewAttribute(Body):
    """A descriptive value and where it comes from; null removes it."""

    value: JsonValue
    source: Provenance = "own"
    channel: Annotated[str, Field(max_length=64)] | None = None
    collected_at: Instant | None = None
    verified_at: Instant | None = None


class AttributePatch(NewAttribute):
    """What of an attribute changes: members left out stay, null clears one; a new attribute needs its value."""

    value: JsonValue = None


class Attribute(BaseModel):
    value: Any
    source: Provenance
    channel: str | None
    collected_at: datetime | None
    verified_at: datetime | None
