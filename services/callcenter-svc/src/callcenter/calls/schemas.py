"""Calls and their events as they are sent and told."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AnyHttpUrl, AwareDatetime, ConfigDict, Field, StringConstraints

from callcenter.calls.rules import Direction, EventType
from callcenter.references.schemas import ConcerningQuery, Customer
from callcenter.schemas import Answer, Name
from crmkit.data.instants import Instant
from crmkit.web import lists
from crmkit.web.bodies import Body

Number = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class NewCallEvent(Body):
    """One event of the telephone system. Events may come late, in any order, and more than once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "call_id": "pbx-7f3a",
                    "type": "ringing",
                    "at": "2026-06-01T12:00:00Z",
                    "direction": "inbound",
                    "from": "+14155550100",
                    "to": "+18005550199",
                }
            ]
        }
    )

    call_id: Name = Field(description="the telephone system's own id of the call")
    leg: Name | None = Field(default=None, description="the telephone system's own id of the leg")
    type: EventType
    at: Instant = Field(description="one in the future counts from its arrival")
    from_number: Number | None = Field(default=None, alias="from")
    to_number: Number | None = Field(default=None, alias="to")
    direction: Direction | None = Field(default=None, description="inbound until an event says otherwise")
    agent: Name | None = None
    recording_url: AnyHttpUrl | None = None
    disposition: Name | None = None


class CallPatch(Body):
    """What the agent notes when the call is over."""

    disposition: Name


class Call(Answer):
    """A call as its events tell it; the customer is who is at the other end."""

    id: UUID
    call_id: str
    version: int
    status: EventType
    direction: Direction | None
    from_number: str | None = Field(alias="from")
    to_number: str | None = Field(alias="to")
    agent: str | None
    disposition: str | None
    recording_url: str | None
    customer: Customer | None
    ringing_at: AwareDatetime | None
    answered_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class CallQuery(ConcerningQuery):
    sort: Literal["created_at", "-created_at"] = "-created_at"
    call_id: lists.AnyOf[str]
    status: lists.AnyOf[EventType]
    direction: lists.AnyOrNone[Direction]
    agent: lists.AnyOrNone[str]
