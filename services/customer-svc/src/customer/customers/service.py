"""What can be done with customers."""

from collections.abc import Sequence
from functools import partial
from uuid import UUID

import asyncpg
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.web import batches
from crmkit.web.batches import BatchResults, Outcome
from crmkit.web.told import Told
from customer import intake, linking
from customer.attributes import repository as attributes
from customer.attributes import rules as attribute_rules
from customer.attributes.schemas import AttributePatch, NewAttribute
from customer.customers import repository, rules
from customer.customers.errors import IdentifierTaken, NoValue
from customer.customers.schemas import FIELDS, CustomerPatch, NewCustomer
from customer.intake import Mode
from customer.references.errors import CustomerNotFound


async def create_customer(session: AsyncSession, new: NewCustomer, *, region: str) -> UUID:
    """Make one customer. Raises Unreadable, IdentifierTaken."""
    (outcome,) = await _create(await driver(session), [rules.read(new, region)])
    return intake.accepted(outcome, IdentifierTaken)


async def create_customers(session: AsyncSession, items: Sequence[JsonValue], *, region: str) -> BatchResults:
    """Make up to 1,000 customers; a result each, in order."""

    def read(item: JsonValue) -> rules.Intake:
        return rules.read(batches.read_item(NewCustomer, item), region)

    return await intake.in_batch(items, read, partial(_create, await driver(session)))


async def _create(connection: asyncpg.Connection, items: Sequence[rules.Intake]) -> list[Outcome]:
    outcomes = await take_customers(connection, items, Mode.INSERT)
    await intake.record(connection, "create_customer", "/v1/customers", outcomes)
    return outcomes


async def take_customers(connection: asyncpg.Connection, items: Sequence[rules.Intake], mode: Mode) -> list[Outcome]:
    """Store many customers, and link what waited for them; an outcome each, in order.

    Items that share a key follow one another.
    """
    moved = {handle for item in items for handle in (*item.keys, *item.contacts)}

    async def take(wave: Sequence[rules.Intake]) -> list[Outcome]:
        outcomes, dropped = await repository.take(connection, wave, mode)
        moved.update(dropped)
        return outcomes

    outcomes = await intake.in_waves(items, lambda item: item.keys, take)
    await linking.link(connection, moved)
    return outcomes


async def patch_customer(session: AsyncSession, id: UUID, patch: CustomerPatch) -> None:
    """Apply a merge patch to a customer whose row the caller holds; only what was sent changes. Raises NoValue."""
    connection = await driver(session)
    present = await attributes.read(connection, id, patch.attributes) if patch.attributes else {}
    named = {name: _patched(name, present.get(name), new) for name, new in patch.attributes.items()}
    if await repository.patch(connection, id, patch.model_dump(include=set(FIELDS), exclude_unset=True), named):
        await audit.record(session, "patch_customer", f"/v1/customers/{id}")


def _patched(name: str, present: NewAttribute | None, patch: AttributePatch | None) -> NewAttribute | None:
    if patch is None:
        return None
    after = attribute_rules.patched(present, patch)
    if after is None:
        raise NoValue(name)
    return after


async def hold_customer(session: AsyncSession, id: UUID) -> int:
    """Lock a customer; its version. Raises CustomerNotFound."""
    version = await repository.hold(await driver(session), id)
    if version is None:
        raise CustomerNotFound(f"There is no customer {id}.")
    return version


async def read_customer(session: AsyncSession, id: UUID) -> Told:
    """A customer as this transaction sees it. Raises CustomerNotFound."""
    missing = CustomerNotFound(f"There is no customer {id}.")
    return await intake.told(await driver(session), repository.READ, id, missing)
