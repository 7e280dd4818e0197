"""What other services' events do here: a checkout becomes an order, a ticket an entry of the timeline."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.db import driver
from crmkit.events.cloudevents import Event
from customer.causes import Cause
from customer.events import Checkout
from customer.intake import Mode, Refusal
from customer.orders import rules as order_rules
from customer.orders import service as orders
from customer.orders.rules import ReadOrder
from customer.pending import repository as pending
from customer.pending.repository import Named, Noun, Pending
from customer.references.catalogue import Catalogue
from customer.timeline import repository as timeline
from customer.touches import rules


class CheckoutRefused(RuntimeError):
    """A confirmed checkout that cannot become an order; the event is parked with this reason."""


async def apply_campaign(session: AsyncSession, events: list[Event], *, region: str) -> None:
    """Make the orders of confirmed checkouts, or keep them until their buyers are known.

    An order that was imported meanwhile stays as it was imported.
    """
    wanted = _orders([event for event in events if event.type == rules.CHECKOUT], region)
    if not wanted:
        return
    connection = await driver(session)
    named = await pending.resolve(connection, {read.customer for read in wanted.values()})
    waiting = {id: read for id, read in wanted.items() if pending.is_open(read.customer, named)}
    await _make(connection, [read for id, read in wanted.items() if id not in waiting])
    await _keep(connection, waiting, named)


def _orders(confirmed: Sequence[Event], region: str) -> dict[UUID, ReadOrder]:
    """The orders that confirmed checkouts became, by the ids of the checkouts."""
    found = {}
    for event in confirmed:
        checkout = event.read(Checkout)
        order = rules.order_of(checkout)
        if order is not None:
            found[checkout.id] = order_rules.read(order, region, Cause.of(event))
    return found


async def _make(connection: asyncpg.Connection, wanted: Sequence[ReadOrder]) -> None:
    outcomes = await orders.take_orders(connection, wanted, Mode.INSERT, Catalogue())
    _refuse([outcome.refusal for outcome in outcomes if outcome.refusal and outcome.refusal.code != "order_exists"])


async def _keep(connection: asyncpg.Connection, waiting: dict[UUID, ReadOrder], named: Named) -> None:
    _refuse(await orders.check_products(connection, list(waiting.values())))
    items = [
        Pending(
            noun=Noun.ORDER,
            id=id,
            handle=read.customer,
            candidates=named.get(read.customer, ()),
            at=read.order.placed_at,
            content=msgspec.json.encode(read.order).decode(),
            cause=read.cause,
        )
        for id, read in waiting.items()
    ]
    await pending.keep(connection, items)


def _refuse(refusals: Sequence[Refusal]) -> None:
    if refusals:
        raise CheckoutRefused(refusals[0].detail)


async def apply_callcenter(session: AsyncSession, events: list[Event]) -> None:
    """Keep tickets, calls and answers on the timelines of the customers they are about."""
    touches = [touch for touch in map(rules.touch_of, events) if touch]
    await timeline.put(await driver(session), touches)
