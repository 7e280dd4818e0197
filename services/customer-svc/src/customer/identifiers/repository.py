"""All handles of one customer."""

from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy import select

from crmkit.web import paging
from customer.identifiers.models import identifiers
from customer.identifiers.schemas import Identifier
from customer.references.rules import Handle

_OF_CUSTOMER: Final = "select kind, source, value from customer_identifiers where customer_id = $1 order by place"


async def of_customer(connection: asyncpg.Connection, id: UUID) -> list[Handle]:
    """Every handle of a customer."""
    return [Handle(*row) for row in await connection.fetch(_OF_CUSTOMER, id)]


def listing(customer_id: UUID) -> paging.Listing:
    """Every handle of a customer, by kind."""
    query = select(identifiers).where(identifiers.c.customer_id == customer_id)
    keys = {"kind": identifiers.c.kind}
    return paging.Listing(query, keys=keys, tie=identifiers.c.place, default="kind", model=Identifier)
