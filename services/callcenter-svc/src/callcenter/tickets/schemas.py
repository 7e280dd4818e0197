"""Tickets as they are sent and told."""

from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from callcenter.references.schemas import ConcerningQuery, Customer, CustomerRef, Ref
from callcenter.schemas import Answer, Channel, Line, Name, Tags, Text
from callcenter.slas.rules import Priority
from callcenter.tickets.rules import Action, Severity, Status, TicketType
from crmkit.data.money import Amount, Currency
from crmkit.web import lists
from crmkit.web.batches import BatchProblem
from crmkit.web.bodies import Body

_EXAMPLE: Final[JsonDict] = {
    "type": "complaint",
    "subject": "Yoghurt past its date",
    "body": "Two of the four cups I bought yesterday were past their date.",
    "channel": "phone",
    "customer": {"phone": "+14155550100"},
    "severity": "medium",
    "product": {"external_id": "1082185", "source": "tcj"},
    "store_id": "31",
    "tags": ["freshness"],
}


class Compensation(Body):
    """Minor units of a currency."""

    amount: Amount
    currency: Currency


class Complaint(Body):
    """What went wrong and what was done about it."""

    dealer: Name | None = Field(default=None, description="who sold it, where it was not us")
    root_cause: Text | None = None
    compensation: Compensation | None = None
    corrective_action: Text | None = None


class _Settable(Body):
    """What may be said of a ticket when it is made and later."""

    customer: CustomerRef | None = None
    priority: Priority | None = Field(default=None, description="left out: from type, severity and customer's tier")
    severity: Severity | None = None
    product: Ref | None = None
    order: Ref | None = None
    brand: Name | None = None
    store_id: Name | None = None
    assignee: Name | None = None
    complaint: Complaint | None = None


class NewTicket(_Settable):
    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    type: TicketType
    subject: Line
    body: Text
    channel: Channel
    call_id: Name | None = Field(
        default=None, description="the telephone system's id of the call; without a customer, the ticket is the call's"
    )
    tags: Tags = Field(default_factory=list)
    custom: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complaints_only(self) -> Self:
        if self.complaint is not None and self.type is not TicketType.COMPLAINT:
            raise ValueError("only a ticket of type complaint has a complaint part")
        return self


class TicketPatch(_Settable):
    """A merge patch: what is left out stays, null clears. A customer named here is an agent's choice."""

    subject: Line | None = None
    body: Text | None = None
    tags: Tags | None = None
    custom: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _keeps_what_it_needs(self) -> Self:
        cleared = [
            name for name in ("subject", "body") if name in self.model_fields_set and getattr(self, name) is None
        ]
        if cleared:
            raise ValueError(f"{cleared[0]} cannot be cleared")
        return self


class Sla(Answer):
    """What was promised, in business time; `paused` while the ticket waits for the customer."""

    first_response_due_at: AwareDatetime
    resolution_due_at: AwareDatetime
    first_responded_at: AwareDatetime | None
    paused: bool
    breached: bool


class Ticket(Answer):
    id: UUID
    number: int = Field(description="short, for people")
    version: int
    type: TicketType
    status: Status
    priority: Priority
    severity: Severity | None
    subject: str
    body: str
    channel: str
    brand: str | None
    store_id: str | None
    tags: list[str]
    custom: dict[str, Any]
    customer: Customer | None
    product: dict[str, str] | None
    order: dict[str, str] | None
    call_id: str | None
    assignee: str | None
    complaint: Complaint | None
    sla: Sla
    message_count: int
    created_at: AwareDatetime
    updated_at: AwareDatetime


class TicketQuery(ConcerningQuery):
    sort: Literal["created_at", "-created_at", "number", "-number"] = "-created_at"
    number: lists.AnyOf[Annotated[int, Field(ge=1, lt=2**31)]]
    status: lists.AnyOf[Status]
    type: lists.AnyOf[TicketType]
    priority: lists.AnyOf[Priority]
    severity: lists.AnyOrNone[Severity]
    call_id: lists.AnyOrNone[str]
    store_id: lists.AnyOrNone[str]
    assignee: lists.AnyOrNone[str]
    tag: lists.AnyOf[str]


class NewTickets(Body):
    # Items are read one by one, so that a wrong one is told in its own result and the others are kept.
    items: Annotated[list[Any], Field(min_length=1, max_length=1000)] = Field(examples=[[_EXAMPLE]])


class TicketResult(Answer):
    """What one item would have been answered alone: 201 with the ticket, or 422 with the problem."""

    status: Literal[201, 422]
    id: UUID | None = None
    ticket: Ticket | None = None
    problem: BatchProblem | None = None


class TicketResults(Answer):
    """A result per item, in order."""

    data: list[TicketResult]


class NewMessage(Body):
    """A public reply, by agent or customer, or an agent's internal note."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"kind": "reply", "author_kind": "agent", "body": "We are on it."}]}
    )

    kind: Literal["reply", "note"] = "reply"
    author_kind: Literal["agent", "customer"]
    author: Name | None = None
    body: Annotated[str, Field(min_length=1, max_length=20_000)]

    @model_validator(mode="after")
    def _notes_are_ours(self) -> Self:
        if self.kind == "note" and self.author_kind == "customer":
            raise ValueError("a customer writes replies; notes are internal")
        return self


class Message(Answer):
    """A reply or a note, with what a channel needs to deliver it; a note (`kind`) is never sent to a customer."""

    id: UUID
    version: int
    ticket_id: UUID
    ticket_number: int
    subject: str
    channel: str
    customer: Customer | None
    kind: Literal["reply", "note"]
    author_kind: Literal["agent", "customer"]
    author: str | None
    body: str
    created_at: AwareDatetime


class MessageQuery(lists.ListQuery):
    sort: Literal["created_at", "-created_at"] = "created_at"
    ids: lists.Ids
    kind: lists.AnyOf[Literal["reply", "note"]]


class NewAction(Body):
    """One step of the ticket's life; `assign` and `escalate` may name an assignee."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"action": "solve"}]})

    action: Action
    assignee: Name | None = None

    @model_validator(mode="after")
    def _assignee_fits(self) -> Self:
        if self.action is Action.ASSIGN and self.assignee is None:
            raise ValueError("assign names an assignee")
        if self.assignee is not None and self.action not in (Action.ASSIGN, Action.ESCALATE):
            raise ValueError(f"{self.action} takes no assignee")
        return self
