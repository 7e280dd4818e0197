"""Touches, and everything that happened with a customer."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crmkit.data.instants import Instant
from customer.references.rules import DEFAULT_SOURCE, SOURCE_PATTERN
from customer.references.schemas import CustomerRef, Text

Kind = Literal["call", "visit", "chat", "email", "message", "survey", "complaint", "campaign", "note"]
Resolution = Literal["resolved", "pending", "ambiguous"]


class NewInteraction(BaseModel):
    """One touch: who, what kind, when, in a sentence.

    A second one under the same external id is refused when posted, and changes the first when imported.
    """

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
    external_id: Text | None = None
    source: Annotated[str, Field(pattern=SOURCE_PATTERN)] = DEFAULT_SOURCE


class InteractionCustomer(BaseModel):
    """Whom an interaction concerns.

    `id` is null until the handle it came with names just one customer; `candidates` are those it might mean.
    """

    id: UUID | None
    handle: dict[str, str] = Field(examples=[{"phone": "+14155550100"}])
    resolution: Resolution
    candidates: list[UUID]


class Interaction(BaseModel):
    """One touch; `customer_id` is `customer.id`. resource: the path of what it was about, where there is one."""

    id: UUID
    version: int
    source: str | None
    external_id: str | None
    customer_id: UUID | None
    customer: InteractionCustomer
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


@dataclass(frozen=True, slots=True)
class InteractionFilters:
    """Which interactions a list shows."""

    customer_id: UUID | None = None
    kind: str | None = None
    resolution: Resolution | None = None
