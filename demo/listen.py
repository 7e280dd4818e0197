"""Step 5: the call centre at work, for a customer of a moment before too; then all that is known of one customer."""

import time
import uuid
from typing import Any, Final

import msgspec
from rich.table import Table

from demo import calls
from demo.api import Api, Refused
from demo.calls import Call, Ticket
from demo.customer_view import show
from demo.feeds import await_reader
from demo.load import AS_OF
from demo.promote import Promotion
from demo.stage import Stage

CALLER: Final = "+12125550134"
SOME_COUPONS: Final = 5
PATIENCE_S: Final = 30.0
POLL_S: Final = 0.02


class Customer(msgspec.Struct, frozen=True):
    id: str
    name: str | None
    attributes: dict[str, Any]


class Customers(msgspec.Struct, frozen=True):
    data: list[Customer]


class Score(msgspec.Struct, frozen=True):
    customer_id: str


def run(stage: Stage, promotion: Promotion) -> None:
    """Three tickets, then the 360 view of the caller."""
    caller = _find_caller(stage.api, promotion)
    with stage.progress() as progress:
        for feed in ("customer", "segment", "campaign"):
            await_reader(stage.api, progress, feed, "callcenter")
    tickets = [*_take_calls(stage), _complain_at_once(stage)]
    stage.console.print(_tickets(tickets))
    told = f"{len(tickets)}, {sum(ticket.status == 'solved' for ticket in tickets)} of them solved"
    stage.note("tickets", told, "POST /v1/call-events, GET /v1/screen-pop, POST /v1/tickets")
    with stage.progress() as progress:
        await_reader(stage.api, progress, "callcenter", "customer")
    show(stage, caller)


def _find_caller(api: Api, promotion: Promotion) -> str:
    """A customer of the top tier with coupons, of whom something is known; given a telephone number, once."""
    known = api.get("/v1/customers/lookup", Customers, phone=CALLER).data
    if known:
        return known[0].id
    with_coupons = {each.customer.id for each in promotion.lists if len(each.percents) >= SOME_COUPONS}
    ranked = api.pages("/v1/scores", Score, as_of=str(AS_OF), tier="platinum", sort="-revenue_amount")
    best = (
        api.get(f"/v1/customers/{id}", Customer) for id in (row.customer_id for row in ranked) if id in with_coupons
    )
    caller = next((customer for customer in best if customer.attributes), None)
    if caller is None:
        raise Refused("no platinum customer has demographics and a list with coupons")
    api.send(f"/v1/customers/{caller.id}/identifiers", {"kind": "phone", "value": CALLER})
    return caller.id


def _take_calls(stage: Stage) -> tuple[Ticket, Ticket]:
    """An inquiry that is settled on the phone, and a complaint by the same caller that has to wait."""
    call = Call(stage.api, CALLER)
    match = call.ring().matches[0]
    stage.console.print(
        f"{CALLER} rings; on the screen before it is picked up: {match.name}, {match.tier}, "
        f"{len(match.open_coupons)} open coupons"
    )
    call.answer()
    inquiry = call.open_ticket(
        type="inquiry", subject="Does my list work without the paper?", body="I left the printed list at home."
    )
    calls.reply(stage.api, inquiry, "Yes: your loyalty card applies every offer on it.")
    inquiry = calls.act(stage.api, inquiry, "solve")
    complaint = call.open_ticket(
        type="complaint", subject="Coffee sold out twice", body="Two visits, empty shelf both times.", severity="low"
    )
    calls.act(stage.api, complaint, "hold")
    call.end("answered questions")
    _tell_answer(stage, inquiry, calls.ask(stage.api, inquiry, perceived=9, expected=7))
    return inquiry, _read(stage.api, complaint)


def _complain_at_once(stage: Stage) -> Ticket:
    """A complaint in the name of a customer who did not exist a moment before; it must just work."""
    email = f"new-{uuid.uuid4().hex[:10]}@example.com"
    started = time.monotonic()
    customer = stage.api.post("/v1/customers", {"name": "Ada Novak", "emails": [email]}, Customer)
    complaint = {
        "type": "complaint",
        "severity": "high",
        "subject": "Yoghurt past its date",
        "body": "Two of four cups, bought this morning.",
        "channel": "email",
        "customer": {"email": email},
    }
    ticket = stage.api.post("/v1/tickets", complaint, Ticket)
    at_first = ticket.customer.resolution if ticket.customer else "none"
    ticket = _await_link(stage.api, ticket, customer.id)
    taken = 1000 * (time.monotonic() - started)
    stage.console.print(
        f"{customer.name} was created and complained at once: the ticket was taken ({at_first}) and is linked, "
        f"{taken:.0f} ms after the customer was posted"
    )
    cause = {"root_cause": "broken cold chain", "corrective_action": "lot taken off the shelves"}
    stage.api.patch(f"/v1/tickets/{ticket.id}", {"complaint": cause}, Ticket)
    calls.reply(stage.api, ticket, "We have taken the lot off the shelves and refund all four.")
    ticket = calls.act(stage.api, ticket, "solve")
    _tell_answer(stage, ticket, calls.ask(stage.api, ticket, perceived=8, expected=8))
    return ticket


def _await_link(api: Api, ticket: Ticket, customer_id: str) -> Ticket:
    """The ticket once it points to the customer. Raises Refused when it does not come to."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        ticket = _read(api, ticket)
        if ticket.customer and ticket.customer.id == customer_id:
            return ticket
        time.sleep(POLL_S)
    raise Refused(f"ticket {ticket.number} was not linked to customer {customer_id} within {PATIENCE_S:.0f} s")


def _read(api: Api, ticket: Ticket) -> Ticket:
    return api.get(f"/v1/tickets/{ticket.id}", Ticket)


def _tell_answer(stage: Stage, ticket: Ticket, answer: str) -> None:
    stage.console.print(f"Asked about ticket {ticket.number}, the customer is {answer.replace('_', ' ')}")
    stage.note(f"answer about ticket {ticket.number}", answer.replace("_", " "), "POST /v1/survey-responses")


def _tickets(tickets: list[Ticket]) -> Table:
    table = Table("number", "type", "subject", "priority", "status", title="Tickets")
    for ticket in tickets:
        table.add_row(str(ticket.number), ticket.type, ticket.subject, ticket.priority, ticket.status)
    return table
