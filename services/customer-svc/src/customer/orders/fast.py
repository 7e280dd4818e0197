"""Single orders: one statement each."""

from typing import Final
from uuid import UUID

import asyncpg

_FIND: Final = "select version, document::text from order_documents where id = $1"
_FIND_BY_KEY: Final = """
select d.version, d.document::text from order_keys k
join order_documents d on d.customer_id = k.customer_id and d.id = k.order_id
where k.source = $1 and k.external_id = $2
"""
_HOLD: Final = "select customer_id, version from orders where id = $1 for update"
_CANCEL: Final = """
update orders set cancelled_at = clock_timestamp(), version = version + 1, updated_at = clock_timestamp()
where id = $1 and cancelled_at is null returning true
"""


async def find(connection: asyncpg.Connection, id: UUID) -> tuple[int, str] | None:
    """(version, document) of an order."""
    row = await connection.fetchrow(_FIND, id)
    return (row[0], row[1]) if row else None


async def find_by_key(connection: asyncpg.Connection, source: str, external_id: str) -> tuple[int, str] | None:
    """(version, document) of the order with an external id."""
    row = await connection.fetchrow(_FIND_BY_KEY, source, external_id)
    return (row[0], row[1]) if row else None


async def hold(connection: asyncpg.Connection, id: UUID) -> tuple[UUID, int] | None:
    """Lock an order; whose it is, and its version."""
    row = await connection.fetchrow(_HOLD, id)
    return (row[0], row[1]) if row else None


async def cancel(connection: asyncpg.Connection, id: UUID) -> bool:
    """Mark a held order cancelled; whether it was not before. Only an import with another content takes that back."""
    return bool(await connection.fetchval(_CANCEL, id))
