"""Callcenter's feed: tickets, calls and answers come onto the timelines of the customers they are about."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.db import driver
from crmkit.events.cloudevents import Event
from customer.intake import Cause
from customer.interactions import touches
from customer.interactions.touches import Touch


class CustomerRef(msgspec.Struct, frozen=True):
    id: UUID | None = None


class Ticket(msgspec.Struct, frozen=True):
    """`perennial.ticket.*.v1`."""

    id: UUID
    version: int
    type: str
    subject: str
    status: str
    created_at: datetime
    customer: CustomerRef | None = None
    channel: str | None = None


class Call(msgspec.Struct, frozen=True):
    """`perennial.call.*.v1`."""

    id: UUID
    version: int
    created_at: datetime
    ringing_at: datetime | None = None
    customer: CustomerRef | None = None
    direction: str | None = None
    status: str | None = None


class SurveyResponse(msgspec.Struct, frozen=True):
    """`perennial.survey_response.*.v1`."""

    id: UUID
    created_at: datetime
    kind: str
    version: int = 1
    customer: CustomerRef | None = None


async def apply(session: AsyncSession, events: list[Event]) -> None:
    """Keep the newest telling of each."""
    await touches.put(await driver(session), [touch for touch in map(touch_of, events) if touch])


def touch_of(event: Event) -> Touch | None:
    """The timeline's entry for an event; None where it is about nobody we can name, or of no interest."""
    tell = _TELLERS.get(event.type)
    touch = tell(event) if tell else None
    return replace(touch, cause=Cause.of(event)) if touch else None


def _ticket(event: Event) -> Touch | None:
    ticket = event.read(Ticket)
    if ticket.customer is None or ticket.customer.id is None:
        return None
    kind = "complaint" if ticket.type == "complaint" else "ticket"
    summary = f"{ticket.type.capitalize()}: {ticket.subject} ({ticket.status})"
    resource = f"/v1/tickets/{ticket.id}"
    return Touch(
        ticket.customer.id, ticket.id, kind, ticket.created_at, summary, ticket.channel, ticket.version, resource
    )


def _call(event: Event) -> Touch | None:
    call = event.read(Call)
    if call.customer is None or call.customer.id is None:
        return None
    at = call.ringing_at or call.created_at
    summary = f"{(call.direction or 'inbound').capitalize()} call ({call.status or 'unknown'})"
    return Touch(call.customer.id, call.id, "call", at, summary, "phone", call.version, f"/v1/calls/{call.id}")


def _survey(event: Event) -> Touch | None:
    answer = event.read(SurveyResponse)
    if answer.customer is None or answer.customer.id is None:
        return None
    resource = f"/v1/survey-responses/{answer.id}"
    summary = f"Answered a {answer.kind} survey"
    return Touch(answer.customer.id, answer.id, "survey", answer.created_at, summary, None, answer.version, resource)


_TELLERS: Final[Mapping[str, Callable[[Event], Touch | None]]] = {
    "perennial.ticket.created.v1": _ticket,
    "perennial.ticket.updated.v1": _ticket,
    "perennial.call.started.v1": _call,
    "perennial.call.updated.v1": _call,
    "perennial.call.ended.v1": _call,
    "perennial.survey_response.recorded.v1": _survey,
    # Whose an answer is may be found out later.
    "perennial.survey_response.updated.v1": _survey,
}
