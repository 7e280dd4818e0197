"""What can be done with a customer's identifiers."""

from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.problems import NotFound
from customer.customers import repository as profiles
from customer.customers import service as customers
from customer.customers.errors import IdentifierTaken
from customer.identifiers import repository
from customer.identifiers.schemas import Identifier, Identifiers, NewIdentifier
from customer.pending import service as pending
from customer.references import rules
from customer.references.rules import DEFAULT_SOURCE, Handle


class IdentifierNotFound(NotFound):
    code, title = "identifier_not_found", "The customer has no such identifier"


def read(new: NewIdentifier, region: str) -> Handle:
    """An identifier in its normal form. Raises references.rules.Unreadable."""
    match new.kind:
        case "phone":
            return Handle("phone", "", rules.phone(new.value, region))
        case "email":
            return Handle("email", "", rules.email(new.value))
        case "card":
            return Handle("card", "", rules.card(new.value))
    return Handle(new.kind, new.source or DEFAULT_SOURCE, rules.external_id(new.value))


async def list_identifiers(session: AsyncSession, id: UUID) -> Identifiers:
    """Every handle of a customer. Raises CustomerNotFound."""
    await customers.read_customer(session, id)
    found = await repository.of_customer(await driver(session), id)
    return Identifiers(data=[Identifier(kind=each.kind, source=each.source, value=each.value) for each in found])


async def add_identifier(session: AsyncSession, id: UUID, handle: Handle) -> None:
    """Give a customer one more handle. Raises CustomerNotFound, IdentifierTaken."""
    await customers.hold_customer(session, id)
    if await _add(await driver(session), id, handle):
        await profiles.touch(await driver(session), [id])
        await pending.link(await driver(session), [handle])
    await audit.record(session, "add_identifier", f"/v1/customers/{id}", handle.kind)


async def _add(connection: asyncpg.Connection, id: UUID, handle: Handle) -> bool:
    """Whether the customer had not had the handle. Raises IdentifierTaken."""
    if handle.kind in ("phone", "email"):
        return bool(await repository.add_contacts(connection, [(id, handle)]))
    claimed, holders = await repository.claim(connection, {handle: id})
    if holders[handle] != id:
        raise IdentifierTaken(f"The {handle} belongs to another customer.", existing_id=str(holders[handle]))
    return bool(claimed)


async def remove_identifier(session: AsyncSession, id: UUID, handle: Handle) -> None:
    """Take a handle from a customer. Raises CustomerNotFound, IdentifierNotFound."""
    await customers.hold_customer(session, id)
    connection = await driver(session)
    if not await repository.drop(connection, id, handle):
        raise IdentifierNotFound(f"The customer has no {handle.kind} like that.")
    await profiles.touch(connection, [id])
    await pending.link(connection, [handle])
    await audit.record(session, "remove_identifier", f"/v1/customers/{id}", handle.kind)
