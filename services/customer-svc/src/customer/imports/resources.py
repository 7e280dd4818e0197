"""How a chunk's lines become customers, products, orders ...: read, take as a set, an outcome a line."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import asyncpg
import msgspec
from pydantic import ValidationError

from crmkit.data.contact_points import Unreadable
from crmkit.problems import Invalid
from crmkit.web import batches, unstorable
from crmkit.web.batches import Outcome
from customer.customers import rules as customer_rules
from customer.customers import service as customers
from customer.customers.schemas import NewCustomer
from customer.imports.schemas import Resource
from customer.imports.tables import FAULTS
from customer.intake import Mode
from customer.interactions import service as interactions
from customer.interactions.schemas import NewInteraction
from customer.orders import rules as order_rules
from customer.orders import service as orders
from customer.orders.rules import OrderIntake, ReadOrder
from customer.products import service as products
from customer.products.schemas import NewProduct
from customer.references.catalogue import Catalogue
from customer.refunds import service as refunds
from customer.refunds.schemas import RefundIntake
from customer.stores import service as stores
from customer.stores.schemas import NewStore

T = TypeVar("T")

UNREADABLE: Final = (ValidationError, msgspec.DecodeError, Unreadable, UnicodeDecodeError, Invalid)
NUL: Final = b"\\u0000"
LINES_AT_A_TIME: Final = 64


@dataclass(frozen=True, slots=True)
class Intake:
    """How one import wants its lines taken, and what it has found so far."""

    mode: Mode
    region: str
    catalogue: Catalogue = field(default_factory=Catalogue)


@dataclass(frozen=True, slots=True)
class Way(Generic[T]):
    """How a resource's lines come in: each read by itself, without the database; the readable ones taken as a set.

    read raises what `UNREADABLE` names.
    """

    read: Callable[[bytes, Intake], T]
    take: Callable[[asyncpg.Connection, Sequence[T], Intake], Awaitable[Sequence[Outcome]]]


@dataclass(frozen=True, slots=True)
class ReadLines:
    """Lines after reading: the readable ones, and for every line its refusal or None, in order."""

    readable: list[Any]
    refused: list[Outcome | None]


async def read(resource: Resource, lines: Sequence[bytes], how: Intake) -> ReadLines:
    """Read every line; now and then others may go on, since this is long work without waiting."""
    way, found = WAYS[resource], ReadLines([], [])
    for number, line in enumerate(lines):
        refused = None
        try:
            # Postgres would refuse the whole chunk for it. Asked here because `refuse` also reads whatever has many
            # brackets as a whole: for an order of 40 lines that takes four times as long as decoding it.
            if NUL in line:
                unstorable.refuse(line)
            if line in FAULTS:
                raise Unreadable(line.decode())
            found.readable.append(way.read(line, how))
        except UNREADABLE as error:
            refused = Outcome.refused("invalid_line", _why(error))
        found.refused.append(refused)
        if number % LINES_AT_A_TIME == 0:
            await asyncio.sleep(0)
    return found


async def take(connection: asyncpg.Connection, resource: Resource, lines: ReadLines, how: Intake) -> list[Outcome]:
    """Take the readable lines together; an outcome for every line, in order."""
    taken = iter(await WAYS[resource].take(connection, lines.readable, how))
    return [refused or next(taken) for refused in lines.refused]


def _why(error: Exception) -> str:
    return batches.of_validation(error).detail if isinstance(error, ValidationError) else str(error)


def _read_customer(line: bytes, how: Intake) -> customer_rules.Intake:
    return customer_rules.read(NewCustomer.model_validate_json(line, context={"region": how.region}), how.region)


def _read_order(line: bytes, how: Intake) -> ReadOrder:
    return order_rules.read(_ORDER.decode(line), how.region)


_ORDER: Final = msgspec.json.Decoder(OrderIntake)

WAYS: Final[Mapping[Resource, Way[Any]]] = {
    "customers": Way(_read_customer, lambda db, items, how: customers.take_customers(db, items, how.mode)),
    "products": Way(
        lambda line, _: NewProduct.model_validate_json(line),
        lambda db, items, how: products.take_products(db, items, how.mode),
    ),
    "stores": Way(
        lambda line, _: NewStore.model_validate_json(line),
        lambda db, items, how: stores.take_stores(db, items, how.mode),
    ),
    "orders": Way(_read_order, lambda db, items, how: orders.take_orders(db, items, how.mode, how.catalogue)),
    "refunds": Way(
        lambda line, _: RefundIntake.model_validate_json(line),
        lambda db, items, how: refunds.take_refunds(db, items, how.mode),
    ),
    "interactions": Way(
        lambda line, how: interactions.read(NewInteraction.model_validate_json(line), how.region),
        lambda db, items, how: interactions.take_interactions(db, items, how.mode),
    ),
}
