"""The customer feed, applied batch by batch to what this service keeps of it."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from campaign import events
from campaign.erasures import repository as erasures
from campaign.projections import repository, rules
from crmkit.data import audit, db
from crmkit.events.cloudevents import Event


class Versioned(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)
T = TypeVar("T")


async def apply(session: AsyncSession, batch: Sequence[Event], *, zone: ZoneInfo) -> None:
    """Keep customers, products and purchases of a batch, forget the erased; days are the business's."""
    connection = await db.driver(session)
    if told := _newest(_read(batch, events.CUSTOMER_TOLD, events.CustomerData)):
        await repository.keep_customers(connection, told)
    if erased := _newest(_read(batch, events.CUSTOMER_ERASED, events.CustomerData)):
        await _forget(session, erased)
    if products := _newest(_read(batch, events.PRODUCT_EVENTS, events.ProductData)):
        await repository.keep_products(connection, products)
    orders = _read(batch, events.ORDER_EVENTS, events.OrderData)
    refunds = _read(batch, events.REFUND_EVENTS, events.RefundData)
    found = (
        *(rules.purchase_of_order(order, zone) for order in orders),
        *(rules.purchase_of_refund(refund, zone) for refund in refunds),
    )
    if purchases := _newest(purchase for purchase in found if purchase is not None):
        await repository.keep_purchases(connection, purchases)


async def _forget(session: AsyncSession, erased: Sequence[events.CustomerData]) -> None:
    """After what the same batch told of them: their handles lead to what else has to go."""
    connection = await db.driver(session)
    await erasures.erase_traces(connection, [customer.id for customer in erased])
    await repository.keep_customers(connection, erased)
    for customer in erased:
        await audit.record(session, "erase_customer", f"/v1/customers/{customer.id}")


def _read(batch: Sequence[Event], types: frozenset[str], kind: type[T]) -> list[T]:
    return [event.read(kind) for event in batch if event.type in types]


def _newest(resources: Iterable[V]) -> list[V]:
    """The last version of each resource: a statement cannot touch one row twice."""
    in_order = sorted(resources, key=lambda resource: resource.version)
    return list({resource.id: resource for resource in in_order}.values())
