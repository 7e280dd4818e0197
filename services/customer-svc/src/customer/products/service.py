"""What can be done with products."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import asyncpg
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.web import batches
from crmkit.web.batches import BatchResults, Effect, Outcome
from crmkit.web.told import Told
from customer import intake
from customer.intake import Mode
from customer.orders import service as orders
from customer.products import repository
from customer.products.errors import ProductExists, ProductNotFound
from customer.products.schemas import NewProduct


async def create_product(session: AsyncSession, new: NewProduct) -> UUID:
    """Add one product. Raises ProductExists."""
    (outcome,) = await _create(await driver(session), [new])
    return intake.accepted(outcome, ProductExists)


async def create_products(session: AsyncSession, items: Sequence[JsonValue]) -> BatchResults:
    """Add up to 1,000 products; a result each, in order."""
    return await intake.in_batch(items, partial(batches.read_item, NewProduct), partial(_create, await driver(session)))


async def _create(connection: asyncpg.Connection, items: Sequence[NewProduct]) -> list[Outcome]:
    outcomes = await take_products(connection, items, Mode.INSERT)
    await intake.record(connection, "create_product", "/v1/products", outcomes)
    return outcomes


async def take_products(connection: asyncpg.Connection, items: Sequence[NewProduct], mode: Mode) -> list[Outcome]:
    """Store many products, and link the orders that waited for them; an outcome each, in order."""

    async def take(wave: Sequence[NewProduct]) -> list[Outcome]:
        return await repository.take(connection, wave, mode)

    outcomes = await intake.in_waves(items, lambda item: [(item.source, item.external_id)], take)
    new = [item for item, outcome in zip(items, outcomes, strict=True) if outcome.effect is Effect.CREATED]
    await orders.link_products(connection, [(item.source, item.external_id) for item in new])
    return outcomes


async def hold_product(session: AsyncSession, id: UUID) -> int:
    """Lock a product; its version. Raises ProductNotFound."""
    version = await repository.hold(await driver(session), id)
    if version is None:
        raise ProductNotFound(f"There is no product {id}.")
    return version


async def archive_product(session: AsyncSession, id: UUID) -> None:
    """Take a product whose row the caller holds out of the catalogue; its purchases keep it."""
    await repository.archive(await driver(session), id)
    await audit.record(session, "archive_product", f"/v1/products/{id}")


async def read_product(session: AsyncSession, id: UUID) -> Told:
    """A product as this transaction sees it. Raises ProductNotFound."""
    missing = ProductNotFound(f"There is no product {id}.")
    return await intake.told(await driver(session), repository.READ, id, missing)
