"""What can be done with a customer's identifiers."""

from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.problems import NotFound
from customer import linking
from customer.customers import repository as customers
from customer.customers.errors import IdentifierTaken
from customer.identifiers import repository
from customer.identifiers.schemas import Identifier, Identifiers, NewIdentifier
from customer.references import repository as references
from customer.references import rules
from customer.references.rules import DEFAULT_SOURCE, Handle


class IdentifierNotFound(NotFound):
    code, title = "identifier_not_found", "The customer has no such identifier"


def read(new: NewIdentifier, region: str) -> Handle:
    """An identifier in its normal form. Raises Unreadable."""
    match new.kind:
        case "phone":
            return rules.phone(new.value, region)
        case "email":
            return rules.email(new.value)
        case "card":
            return rules.card(new.value)
    return rules.external_id(new.value, new.source or DEFAULT_SOURCE, new.kind)


async def list_identifiers(session: AsyncSession, id: UUID) -> Identifiers:
    """Every handle of a customer."""
    found = await repository.of_customer(await driver(session), id)
    return Identifiers(data=[Identifier(kind=each.kind, source=each.source, value=each.value) for each in found])


async def add_identifier(session: AsyncSession, id: UUID, handle: Handle) -> None:
    """Give a customer whose row the caller holds one more handle. Raises IdentifierTaken."""
    connection = await driver(session)
    if await _add(connection, id, handle):
        await customers.touch(connection, [id])
        await linking.link(connection, [handle])
    await audit.record(session, "add_identifier", f"/v1/customers/{id}", handle.kind)


async def _add(connection: asyncpg.Connection, id: UUID, handle: Handle) -> bool:
    """Whether the customer had not had the handle. Raises IdentifierTaken."""
    if handle.kind in ("phone", "email"):
        return bool(await references.add_contacts(connection, [(id, handle)]))
    claimed, holders = await references.claim(connection, {handle: id})
    if holders[handle] != id:
        raise IdentifierTaken(f"The {handle} belongs to another customer.", existing_id=str(holders[handle]))
    return bool(claimed)


async def remove_identifier(session: AsyncSession, id: UUID, handle: Handle) -> None:
    """Take a handle from a customer whose row the caller holds. Raises IdentifierNotFound."""
    connection = await driver(session)
    if not await references.drop(connection, id, handle):
        raise IdentifierNotFound(f"The customer has no {handle.kind} like that.")
    await customers.touch(connection, [id])
    await linking.link(connection, [handle])
    await audit.record(session, "remove_identifier", f"/v1/customers/{id}", handle.kind)
