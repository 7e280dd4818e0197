"""What can be done with products."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.problems import Invalid
from crmkit.web import batches
from customer import intake
from customer.intake import BatchResult, BatchResults, Mode, Outcome
from customer.products import repository
from customer.products.errors import ProductExists, ProductNotFound
from customer.products.schemas import NewProduct


async def create_product(session: AsyncSession, new: NewProduct) -> UUID:
    """Add one product. Raises ProductExists."""
    outcome = (await repository.take(await driver(session), [new], Mode.INSERT))[0]
    if outcome.refusal:
        raise ProductExists(outcome.refusal.detail, existing_id=str(outcome.refusal.existing_id))
    assert outcome.id is not None
    await audit.record(session, "create_product", f"/v1/products/{outcome.id}")
    return outcome.id


async def create_products(session: AsyncSession, items: Sequence[JsonValue]) -> BatchResults:
    """Add up to 1,000 products; a result each, in order."""
    results: list[BatchResult | None] = []
    readable: list[NewProduct] = []
    for item in items:
        result = None
        try:
            readable.append(batches.read_item(NewProduct, item))
        except Invalid as error:
            result = intake.unreadable(error)
        results.append(result)
    outcomes = iter(await take_products(await driver(session), readable, Mode.INSERT))
    return BatchResults(data=[result or intake.result(next(outcomes)) for result in results])


async def take_products(connection: asyncpg.Connection, items: Sequence[NewProduct], mode: Mode) -> list[Outcome]:
    """Store many products; an outcome each, in order."""

    async def take(wave: Sequence[NewProduct]) -> list[Outcome]:
        return await repository.take(connection, wave, mode)

    return await intake.in_waves(items, lambda item: [(item.source, item.external_id)], take)


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


async def read_product(session: AsyncSession, id: UUID) -> tuple[int, str]:
    """(version, document). Raises ProductNotFound."""
    found = await repository.find(await driver(session), id)
    if found is None:
        raise ProductNotFound(f"There is no product {id}.")
    return found


async def read_product_by_key(session: AsyncSession, source: str, external_id: str) -> tuple[int, str]:
    """(version, document). Raises ProductNotFound."""
    found = await repository.find_by_key(await driver(session), source, external_id)
    if found is None:
        raise ProductNotFound(f"No product has the external id {external_id!r} of {source}.")
    return found
