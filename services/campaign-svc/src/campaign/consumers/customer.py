"""The customer feed: who there is, what is sold, what was bought. Members that are not declared here are ignored."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, Protocol, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.checkouts import erasure
from campaign.projections import repository
from campaign.projections.rules import CustomerHandle, KnownCustomer, Purchase, external_handle, stored_handle
from crmkit.data import audit, db
from crmkit.events.cloudevents import Event, type_name
from crmkit.events.consumers import Consumer

CUSTOMER_TOLD: Final = frozenset(type_name("customer", verb) for verb in ("created", "updated"))
CUSTOMER_ERASED: Final = frozenset({type_name("customer", "erased")})
PRODUCT_EVENTS: Final = frozenset(type_name("product", verb) for verb in ("created", "updated"))
ORDER_EVENTS: Final = frozenset(type_name("order", verb) for verb in ("placed", "updated", "cancelled"))
REFUND_EVENTS: Final = frozenset({type_name("refund", "recorded")})


class ExternalId(msgspec.Struct, frozen=True):
    source: str
    external_id: str


class CustomerData(msgspec.Struct, frozen=True):
    """An erased customer has its id and version, and nothing else."""

    id: UUID
    version: int
    name: str | None = None
    external_ids: tuple[ExternalId, ...] = ()
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()

    def known(self) -> KnownCustomer:
        return KnownCustomer(self.id, self.version, self.name, tuple(self._handles()))

    def _handles(self) -> Iterator[CustomerHandle]:
        yield from (external_handle(each.source, each.external_id) for each in self.external_ids)
        yield from (stored_handle("card", card) for card in self.cards)
        yield from (stored_handle("phone", phone) for phone in self.phones)
        yield from (stored_handle("email", email) for email in self.emails)


class ProductData(msgspec.Struct, frozen=True):
    """Its members are the columns of `products`."""

    id: UUID
    version: int
    source: str | None = None
    external_id: str | None = None
    name: str | None = None
    product_category: str | None = None
    product_type: str | None = None
    manufacturer_id: str | None = None
    brand: str | None = None


class OrderCustomer(msgspec.Struct, frozen=True):
    id: UUID | None = None


class OrderData(msgspec.Struct, frozen=True):
    id: UUID
    version: int
    customer: OrderCustomer | None
    placed_at: datetime
    total_amount: int
    source: str | None = None
    external_id: str | None = None
    cancelled_at: datetime | None = None

    def purchase(self) -> Purchase | None:
        """What results see of it: worth nothing once cancelled, None for an order of nobody."""
        if self.customer is None or self.customer.id is None:
            return None
        amount = 0 if self.cancelled_at is not None else self.total_amount
        return Purchase(self.customer.id, self.id, self.version, self.placed_at, amount, self.source, self.external_id)


class RefundData(msgspec.Struct, frozen=True):
    id: UUID
    version: int
    customer_id: UUID | None
    refunded_at: datetime
    amount: int

    def purchase(self) -> Purchase | None:
        if self.customer_id is None:
            return None
        return Purchase(self.customer_id, self.id, self.version, self.refunded_at, -self.amount)


class Versioned(Protocol):
    @property
    def id(self) -> UUID: ...
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)
T = TypeVar("T")


async def apply(session: AsyncSession, batch: Sequence[Event]) -> None:
    """Keep customers, products and purchases of a batch, forget the erased."""
    connection = await db.driver(session)
    if told := _newest(_read(batch, CUSTOMER_TOLD, CustomerData)):
        await repository.keep_customers(connection, [customer.known() for customer in told])
    if erased := _newest(_read(batch, CUSTOMER_ERASED, CustomerData)):
        await _forget(session, erased)
    if products := _newest(_read(batch, PRODUCT_EVENTS, ProductData)):
        await repository.keep_products(connection, products)
    bought: list[OrderData | RefundData] = [
        *_read(batch, ORDER_EVENTS, OrderData),
        *_read(batch, REFUND_EVENTS, RefundData),
    ]
    if purchases := _newest(purchase for each in bought if (purchase := each.purchase()) is not None):
        await repository.keep_purchases(connection, purchases)


CONSUMER: Final = Consumer(feed="customer", apply=apply, final=CUSTOMER_ERASED)


async def _forget(session: AsyncSession, erased: Sequence[CustomerData]) -> None:
    """After what the same batch told of them: their handles lead to what else has to go."""
    connection = await db.driver(session)
    await erasure.erase_traces(connection, [customer.id for customer in erased])
    await repository.keep_customers(connection, [customer.known() for customer in erased])
    for customer in erased:
        await audit.record(session, "erase_customer", f"/v1/customers/{customer.id}")


def _read(batch: Sequence[Event], types: frozenset[str], kind: type[T]) -> list[T]:
    return [event.read(kind) for event in batch if event.type in types]


def _newest(resources: Iterable[V]) -> list[V]:
    """The last version of each resource: a statement cannot touch one row twice."""
    in_order = sorted(resources, key=lambda resource: resource.version)
    return list({resource.id: resource for resource in in_order}.values())
