"""What can be done with stores."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.web.batches import Outcome
from customer import intake
from customer.intake import Mode
from customer.stores import repository
from customer.stores.errors import StoreExists, StoreNotFound
from customer.stores.models import StoreRow
from customer.stores.schemas import NewStore, Store


async def create_store(session: AsyncSession, new: NewStore) -> Store:
    """Add a store. Raises StoreExists."""
    (outcome,) = await repository.take(await driver(session), [new], Mode.INSERT)
    id = intake.accepted(outcome, StoreExists)
    await audit.record(session, "create_store", f"/v1/stores/{id}")
    return await read_store(session, id)


async def take_stores(connection: asyncpg.Connection, items: Sequence[NewStore], mode: Mode) -> list[Outcome]:
    """Store many stores; an outcome each, in order."""

    async def take(wave: Sequence[NewStore]) -> list[Outcome]:
        return await repository.take(connection, wave, mode)

    return await intake.in_waves(items, lambda item: [item.store_id], take)


async def read_store(session: AsyncSession, id: UUID) -> Store:
    """A store. Raises StoreNotFound."""
    row = await session.get(StoreRow, id)
    if row is None:
        raise StoreNotFound(f"There is no store {id}.")
    return Store.model_validate(row)
