"""What reports count, one small table each."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.db import Row
from segment.reports.report import Definition


async def count(session: AsyncSession, definition: Definition[Any], run_id: UUID) -> Sequence[Row]:
    """The rows of a report's query for a finished run."""
    return (await session.execute(_query(definition), {"run_id": run_id})).all()


@cache
def _query(definition: Definition[Any]) -> TextClause:
    return text(definition.query)
