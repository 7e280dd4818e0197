"""What reports count, one small table each."""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.db import Row
from segment import sql

_QUERIES: Final = {
    name: text(sql.load(__package__, name)) for name in ("pyramid", "rfm", "abc", "svcd", "lifecycle", "brand_loyalty")
}


async def read(session: AsyncSession, name: str, run_id: UUID) -> list[Row]:
    """The rows of a report's query for a finished run."""
    return list((await session.execute(_QUERIES[name], {"run_id": run_id})).all())
