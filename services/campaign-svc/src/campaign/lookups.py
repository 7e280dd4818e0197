"""What every noun of this service does with a row: miss it, show it, tell of it."""

from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import db
from crmkit.events import outbox
from crmkit.problems import NotFound
from crmkit.web.told import Told

T = TypeVar("T")


def found(value: T | None, absent: type[NotFound], id: UUID) -> T:
    """What looking for `id` gave. Raises: `absent` (404) where that is nothing."""
    if value is None:
        raise absent(f"{absent.title}: {id}.")
    return value


async def show(session: AsyncSession, noun: str, row: Any) -> Told:
    """A row as its document is written."""
    query = f"select {noun}_document(t)::text from {row.__tablename__} t where id = $1"
    return Told(await (await db.driver(session)).fetchval(query, row.id), row.version)


async def tell(session: AsyncSession, noun: str, verb: str, row: Any) -> Told:
    """Write the event of a row that was made or changed, and show it."""
    await session.flush()
    told = await show(session, noun, row)
    await outbox.emit(session, noun=noun, verb=verb, id=row.id, data=told.document.encode())
    return told
