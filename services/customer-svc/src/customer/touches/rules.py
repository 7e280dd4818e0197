"""What an event of another service is to a customer's timeline, or to their purchases."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from crmkit.events.cloudevents import Event
from customer.causes import Cause
from customer.events import Buyer, Call, Checkout, CheckoutLine, CheckoutProduct, SurveyResponse, Ticket
from customer.orders.rules import DiscountIntake, LineIntake, OrderIntake
from customer.references.rules import DEFAULT_SOURCE
from customer.references.schemas import Reference
from customer.timeline.repository import Touch

CHECKOUT: Final = "perennial.checkout.confirmed.v1"


def order_of(checkout: Checkout) -> OrderIntake | None:
    """The purchase a confirmed checkout became; None for an anonymous one, or one that names no order."""
    buyer = _buyer(checkout.customer)
    if checkout.order is None or buyer is None or not checkout.lines:
        return None
    return OrderIntake(
        customer=buyer,
        placed_at=checkout.order.placed_at,
        currency=checkout.currency,
        lines=tuple(map(_line, checkout.lines)),
        external_id=checkout.order.external_id,
        source=checkout.order.source,
        store_id=checkout.store_id,
        channel="store",
        brand=checkout.brand,
    )


def _buyer(customer: Buyer | None) -> Reference | None:
    """Who bought, as surely as the checkout knew; None of an anonymous one."""
    if customer is None or (customer.id is None and customer.handle is None):
        return None
    if customer.id is not None or customer.handle is None:
        return Reference(id=customer.id)
    given = customer.handle
    return Reference(given.id, given.external_id, given.source or DEFAULT_SOURCE, given.phone, given.email, given.card)


def _line(line: CheckoutLine) -> LineIntake:
    return LineIntake(
        product=_product(line.product),
        quantity=line.quantity,
        amount=line.amount,
        discounts=tuple(DiscountIntake(kind="coupon", amount=d.amount, code=d.code) for d in line.discounts),
    )


def _product(named: CheckoutProduct) -> Reference:
    """The surest handle of a product: the id that campaign-svc knows from here, or else the till's name for it."""
    if named.id is not None:
        return Reference(id=named.id)
    return Reference(external_id=named.external_id, source=named.source or DEFAULT_SOURCE)


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
