"""How a chunk's lines become customers, products, orders ...: decode, take as a set, an outcome a line."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import asyncpg
import msgspec
from pydantic import ValidationError

from customer import intake
from customer.customers import rules as customer_rules
from customer.customers import service as customers
from customer.customers.schemas import NewCustomer
from customer.imports.schemas import Resource
from customer.intake import Mode, Outcome
from customer.orders import service as orders
from customer.orders.rules import OrderIntake
from customer.products import service as products
from customer.products.schemas import NewProduct
from customer.references.rules import Unreadable
from customer.refunds import service as refunds
from customer.refunds.schemas import RefundIntake
from customer.stores import service as stores
from customer.stores.schemas import NewStore
from customer.timeline import service as timeline
from customer.timeline.schemas import NewInteraction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Intake:
    """How one import wants its lines taken. lax: numbers may come as text, as they do from CSV."""

    mode: Mode
    region: str
    lax: bool


Take = Callable[[asyncpg.Connection, Sequence[bytes], Intake], Awaitable[list[Outcome]]]


async def _decoded(
    lines: Sequence[bytes],
    read: Callable[[bytes], T],
    take: Callable[[list[T]], Awaitable[Sequence[Outcome]]],
) -> list[Outcome]:
    """Read every line, take the readable ones together, answer for all in order."""
    results: list[Outcome | None] = []
    readable: list[T] = []
    for line in lines:
        refused = None
        try:
            readable.append(read(line))
        except (ValidationError, msgspec.DecodeError, Unreadable, UnicodeDecodeError) as error:
            refused = Outcome.refused("invalid_line", _why(error))
        results.append(refused)
    taken = iter(await take(readable))
    return [refused or next(taken) for refused in results]


def _why(error: Exception) -> str:
    problem = intake.unreadable(error).problem if isinstance(error, ValidationError) else None
    return problem.detail if problem else str(error)


async def _customers(connection: asyncpg.Connection, lines: Sequence[bytes], how: Intake) -> list[Outcome]:
    def read(line: bytes) -> customer_rules.Intake:
        return customer_rules.read(NewCustomer.model_validate_json(line), how.region)

    return await _decoded(lines, read, lambda items: customers.take_customers(connection, items, how.mode))


async def _products(connection: asyncpg.Connection, lines: Sequence[bytes], how: Intake) -> list[Outcome]:
    return await _decoded(
        lines, NewProduct.model_validate_json, lambda items: products.take_products(connection, items, how.mode)
    )


async def _stores(connection: asyncpg.Connection, lines: Sequence[bytes], how: Intake) -> list[Outcome]:
    return await _decoded(
        lines, NewStore.model_validate_json, lambda items: stores.take_stores(connection, items, how.mode)
    )


async def _orders(connection: asyncpg.Connection, lines: Sequence[bytes], how: Intake) -> list[Outcome]:
    decoder: Any = msgspec.json.Decoder(OrderIntake, strict=not how.lax)
    return await _decoded(
        lines, decoder.decode, lambda items: orders.take_orders(connection, items, how.mode, region=how.region)
    )


async def _refunds(connection: asyncpg.Connection, lines: Sequence[bytes], how: Intake) -> list[Outcome]:
    return await _decoded(
        lines, RefundIntake.model_validate_json, lambda items: refunds.take_refunds(connection, items, how.mode)
    )


async def _interactions(connection: asyncpg.Connection, lines: Sequence[bytes], how: Intake) -> list[Outcome]:
    return await _decoded(
        lines,
        NewInteraction.model_validate_json,
        lambda items: timeline.take_interactions(connection, items, region=how.region),
    )


TAKE: Final[Mapping[Resource, Take]] = {
    "customers": _customers,
    "products": _products,
    "stores": _stores,
    "orders": _orders,
    "refunds": _refunds,
    "interactions": _interactions,
}
