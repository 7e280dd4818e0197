"""Touches, and everything that happened with a customer."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crmkit.instants import Instant
from customer.references.schemas import CustomerRef, Text

Kind = Literal["call", "visit", "chat", "email", "message", "survey", "complaint", "campaign", "note"]


class NewInteraction(BaseModel):
    """One touch: who, what kind, when, in a sentence."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "customer": {"card": "2200 1234"},
                    "kind": "visit",
                    "occurred_at": "2017-01-05T15:00:00Z",
                    "summary": "Asked for oat milk",
                }
            ]
        },
    )
    customer: CustomerRef
    kind: Kind
    occurred_at: Instant
    summary: Annotated[str, Field(min_length=1, max_length=2000)]
    channel: Text | None = None


class Interaction(BaseModel):
    """resource: the path of what it was about, where there is one."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    version: int
    customer_id: UUID
    kind: str
    occurred_at: datetime
    summary: str
    channel: str | None
    resource: str | None


class TimelineEntry(BaseModel):
    """One thing that happened: an order, a refund, an interaction."""

    model_config = ConfigDict(from_attributes=True)
    at: datetime
    id: UUID
    kind: str
    summary: str
    channel: str | None
    resource: str | None
