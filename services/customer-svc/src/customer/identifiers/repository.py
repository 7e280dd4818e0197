"""All handles of one customer."""

from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import select

from crmkit.web import lists
from customer.identifiers.models import identifiers
from customer.identifiers.schemas import Identifier, IdentifierQuery
from customer.references.rules import Handle

IDENTIFIERS: Final = lists.List(
    select(identifiers), IdentifierQuery, columns=identifiers.c, model=Identifier, tie="place"
)

_OF_CUSTOMER: Final = "select kind, source, value from customer_identifiers where customer_id = $1 order by place"


async def of_customer(connection: asyncpg.Connection, id: UUID) -> list[Handle]:
    """Every handle of a customer."""
    return [Handle(*row) for row in await connection.fetch(_OF_CUSTOMER, id)]
