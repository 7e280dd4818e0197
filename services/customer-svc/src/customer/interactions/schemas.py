"""Touches as they come in and go out."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from crmkit.data.instants import Instant
from crmkit.web import lists
from crmkit.web.bodies import Body
from customer.references.rules import DEFAULT_SOURCE
from customer.references.schemas import CustomerRef, Source, Text

Kind = Literal["call", "visit", "chat", "email", "message", "survey", "complaint", "campaign", "note"]
Resolution = Literal["resolved", "pending", "ambiguous"]


class NewInteraction(Body):
    """One touch: who, what kind, when, in a sentence.

    A second one under the same external id is refused when posted, and changes the first when imported.
    """

    model_config = ConfigDict(
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
    source: Source = DEFAULT_SOURCE


# The columns of `interactions` that are given.
FIELDS: Final = tuple(name for name in NewInteraction.model_fields if name != "customer")


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


class InteractionQuery(lists.ListQuery):
    sort: Literal["-occurred_at", "occurred_at"] = "-occurred_at"
    ids: lists.Ids
    customer_id: lists.AnyOrNone[UUID]
    kind: lists.AnyOf[str]
    resolution: lists.AnyOf[Resolution]
    occurred_at_gte: Instant | None = None
    occurred_at_lt: Instant | None = None
