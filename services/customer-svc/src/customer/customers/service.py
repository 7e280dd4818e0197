"""What can be done with customers."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import asyncpg
import msgspec
from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.problems import Invalid
from crmkit.web import batches
from customer import intake
from customer.customers import repository, rules
from customer.customers.errors import CustomerNotFound, NoValue, of_refusal
from customer.customers.schemas import AttributePatch, CustomerPatch, NewAttribute, NewCustomer
from customer.intake import BatchResult, BatchResults, Mode, Outcome
from customer.pending import service as pending
from customer.references import rules as handles
from customer.references.rules import DEFAULT_SOURCE, Handle
from customer.references.schemas import Reference, handle_of


async def create_customer(session: AsyncSession, new: NewCustomer, *, region: str) -> UUID:
    """Make one customer. Raises references.rules.Unreadable, IdentifierTaken."""
    outcome = (await take_customers(await driver(session), [rules.read(new, region)], Mode.INSERT))[0]
    if outcome.refusal:
        raise of_refusal(outcome.refusal)
    assert outcome.id is not None
    await audit.record(session, "create_customer", f"/v1/customers/{outcome.id}")
    return outcome.id


async def create_customers(session: AsyncSession, items: Sequence[JsonValue], *, region: str) -> BatchResults:
    """Make up to 1,000 customers; a result each, in order."""
    results: list[BatchResult | None] = []
    readable: list[rules.Intake] = []
    for item in items:
        result = None
        try:
            readable.append(rules.read(batches.read_item(NewCustomer, item), region))
        except (Invalid, handles.Unreadable) as error:
            result = intake.unreadable(error)
        results.append(result)
    outcomes = iter(await take_customers(await driver(session), readable, Mode.INSERT))
    return BatchResults(data=[result or intake.result(next(outcomes)) for result in results])


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
    await pending.link(connection, moved)
    return outcomes


async def patch_customer(session: AsyncSession, id: UUID, patch: CustomerPatch) -> None:
    """Apply a merge patch to a customer whose row the caller holds; only what was sent changes. Raises NoValue."""
    connection = await driver(session)
    present = await repository.read_attributes(connection, id, patch.attributes) if patch.attributes else {}
    change = repository.Change(
        name=(patch.name,) if "name" in patch.model_fields_set else None,
        kind=patch.kind if "kind" in patch.model_fields_set else None,
        attributes={name: _patched(name, present.get(name), new) for name, new in patch.attributes.items()},
    )
    if await repository.patch(connection, id, change):
        await audit.record(session, "patch_customer", f"/v1/customers/{id}")


def _patched(name: str, present: NewAttribute | None, patch: AttributePatch | None) -> NewAttribute | None:
    if patch is None:
        return None
    after = rules.patched(present, patch)
    if after is None:
        raise NoValue(name)
    return after


async def hold_customer(session: AsyncSession, id: UUID) -> int:
    """Lock a customer; its version. Raises CustomerNotFound."""
    version = await repository.hold(await driver(session), id)
    if version is None:
        raise CustomerNotFound(f"There is no customer {id}.")
    return version


async def read_customer(session: AsyncSession, id: UUID) -> tuple[int, str]:
    """(version, document) as this transaction sees it. Raises CustomerNotFound."""
    found = await repository.read(await driver(session), id)
    if found is None:
        raise CustomerNotFound(f"There is no customer {id}.")
    return found


def read_lookup(given: Mapping[str, str | None], source: str | None, *, region: str) -> Handle:
    """The one handle a lookup names. Raises Invalid, references.rules.Unreadable."""
    named = {kind: value for kind, value in given.items() if value is not None}
    if len(named) != 1:
        raise Invalid(f"Look up by exactly one of {', '.join(given)}.")
    return handle_of(
        msgspec.convert(named | {"source": source}, Reference), source=source or DEFAULT_SOURCE, region=region
    )
