"""What other services' events do here: a checkout becomes an order, a ticket an entry of the timeline."""

from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.db import driver
from crmkit.events import Event
from customer.events import Checkout
from customer.intake import Mode
from customer.orders import rules as order_rules
from customer.orders import service as orders
from customer.references.catalogue import Catalogue
from customer.timeline import repository as timeline
from customer.touches import rules

NO_REGION = "ZZ"


class CheckoutRefused(RuntimeError):
    """A confirmed checkout that cannot become an order; the event is parked with this reason."""


async def apply_campaign(session: AsyncSession, events: list[Event]) -> None:
    """Make the orders of confirmed checkouts. One that was imported meanwhile stays as it was imported."""
    found = [rules.order_of(event.read(Checkout)) for event in events if event.type == rules.CHECKOUT]
    wanted = [order_rules.read(order, NO_REGION) for order in found if order]
    outcomes = await orders.take_orders(await driver(session), wanted, Mode.INSERT, Catalogue())
    for outcome in outcomes:
        if outcome.refusal and outcome.refusal.code != "order_exists":
            raise CheckoutRefused(outcome.refusal.detail)


async def apply_callcenter(session: AsyncSession, events: list[Event]) -> None:
    """Keep tickets, calls and answers on the timelines of the customers they are about."""
    touches = [touch for touch in map(rules.touch_of, events) if touch]
    await timeline.put(await driver(session), touches)
