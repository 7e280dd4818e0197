"""Who is calling, as an agent's screen shows it before the call is picked up."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime

from callcenter.schemas import Answer
from callcenter.slas.rules import Priority
from callcenter.tickets.rules import Status, TicketType


class OpenTicket(Answer):
    id: UUID
    number: int
    type: TicketType
    status: Status
    priority: Priority
    subject: str
    created_at: AwareDatetime


class OpenCoupon(Answer):
    code: str
    offer_id: UUID | None
    valid_until: AwareDatetime | None


class LastInteraction(Answer):
    """A call, a ticket or a survey response: what it was about, and when."""

    kind: Literal["call", "ticket", "survey_response"]
    id: UUID
    at: AwareDatetime
    detail: str | None


class Match(Answer):
    customer_id: UUID
    name: str | None
    kind: str
    tier: str | None
    clv: dict[str, Any] | None
    open_tickets: list[OpenTicket]
    open_coupons: list[OpenCoupon]
    last_interactions: list[LastInteraction]
    consent: dict[str, Any]


class ScreenPop(Answer):
    """Every customer who answers to the number; none when nobody is known by it."""

    phone: str
    matches: list[Match]
