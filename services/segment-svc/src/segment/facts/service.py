"""The projection: every page of the customer feed becomes a few set statements, whatever it holds.

Each row is kept at the newest version seen, so a feed read again from the start changes nothing.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.events.cloudevents import Event
from crmkit.events.consumers import Consumer
from segment import events
from segment.events import Customer, Order, Product, Refund
from segment.facts import repository, rules
from segment.settings import Settings

T = TypeVar("T", Customer, Order, Product, Refund)

# What erasure leaves of the events before it.
BLANK: Final = frozenset({b"null", b"{}", b""})


def consumer(settings: Settings) -> Consumer:
    """The consumer of the customer feed."""
    erased = frozenset({events.CUSTOMER_ERASED})
    return Consumer(feed="customer", apply=partial(apply, zone=settings.zone), final=erased)


async def apply(session: AsyncSession, batch: list[Event], *, zone: ZoneInfo) -> None:
    """Apply a batch. zone: the business's, whose dates the facts carry."""
    erased = {event.subject for event in batch if event.type == events.CUSTOMER_ERASED and event.subject}
    customers = _newest(_read(batch, events.CUSTOMER, Customer, but=events.CUSTOMER_ERASED))
    products = _newest(_read(batch, events.PRODUCT, Product))
    orders = _newest(_read(batch, events.ORDER, Order))
    refunds = _newest(_read(batch, events.REFUND, Refund))
    if customers:
        await repository.keep_customers(session, customers)
    if products:
        await repository.keep_products(session, products)
    if orders:
        await repository.keep_orders(session, [rules.order_fact(order, zone) for order in orders])
    if refunds:
        await repository.keep_refunds(session, [rules.refund_fact(refund, zone) for refund in refunds])
    if erased:
        await repository.erase_customers(session, erased)


def _read(batch: list[Event], prefix: str, kind: type[T], *, but: str = "") -> Iterator[T]:
    for event in batch:
        if event.type.startswith(prefix) and event.type != but and bytes(event.data) not in BLANK:
            yield event.read(kind)


def _newest(read: Iterable[T]) -> list[T]:
    """One row per id: a statement may touch a row once only."""
    newest: dict[str, T] = {}
    for each in read:
        known = newest.get(each.id)
        if known is None or known.version < each.version:
            newest[each.id] = each
    return list(newest.values())
