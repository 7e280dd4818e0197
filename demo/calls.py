"""What call-centre software does: call events as they happen, the screen pop, a ticket, the satisfaction answer."""

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from demo.api import Api

HOTLINE: Final = "+12125550100"
AGENT: Final = "jo"


class Coupon(msgspec.Struct, frozen=True):
    code: str


class Match(msgspec.Struct, frozen=True):
    customer_id: str
    name: str | None
    tier: str | None
    open_coupons: list[Coupon]


class ScreenPop(msgspec.Struct, frozen=True):
    matches: list[Match]


class TicketCustomer(msgspec.Struct, frozen=True):
    id: str | None
    resolution: str


class Ticket(msgspec.Struct, frozen=True):
    id: str
    number: int
    type: str
    subject: str
    status: str
    priority: str
    customer: TicketCustomer | None


class SurveyResponse(msgspec.Struct, frozen=True, rename={"class_": "class"}):
    class_: str


@dataclass(frozen=True, slots=True)
class Call:
    """An inbound call as the telephone system tells it."""

    api: Api
    phone: str
    call_id: str = field(default_factory=lambda: f"pbx-{uuid.uuid4().hex[:12]}")

    def ring(self) -> ScreenPop:
        """Who is calling, before anybody has answered."""
        self._tell("ringing", direction="inbound", to=HOTLINE)
        return self.api.get("/v1/screen-pop", ScreenPop, phone=self.phone)

    def answer(self) -> None:
        self._tell("answered", agent=AGENT)

    def open_ticket(self, **ticket: Any) -> Ticket:
        about = {"channel": "phone", "customer": {"phone": self.phone}, "call_id": self.call_id}
        return self.api.post("/v1/tickets", about | ticket, Ticket)

    def end(self, disposition: str) -> None:
        self._tell("ended", disposition=disposition)

    def _tell(self, event: str, **told: str) -> None:
        at = dt.datetime.now(dt.UTC).isoformat()
        body = {"call_id": self.call_id, "type": event, "at": at, "from": self.phone} | told
        self.api.send("/v1/call-events", body)


def reply(api: Api, ticket: Ticket, text: str) -> None:
    body = {"kind": "reply", "author_kind": "agent", "author": AGENT, "body": text}
    api.send(f"/v1/tickets/{ticket.id}/messages", body)


def act(api: Api, ticket: Ticket, action: str) -> Ticket:
    return api.post(f"/v1/tickets/{ticket.id}/actions", {"action": action}, Ticket)


def ask(api: Api, ticket: Ticket, *, perceived: float, expected: float) -> str:
    """The class of the customer's satisfaction answer about the ticket."""
    answer = {"kind": "satisfaction", "perceived": perceived, "expected": expected, "ticket_id": ticket.id}
    return api.post("/v1/survey-responses", answer, SurveyResponse).class_
