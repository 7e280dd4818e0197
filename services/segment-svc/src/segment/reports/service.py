"""Reports: the counted rows in the report's own order, with shares, under the run they were read from."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segment.reports import repository
from segment.reports.report import Definition, Report
from segment.scoring_runs import service as scoring_runs


async def read(session: AsyncSession, definition: Definition[Any], run_id: UUID) -> Report[Any]:
    """The report of a finished run."""
    run = await scoring_runs.get(session, run_id)
    return Report(
        report=definition.name,
        run_id=run.id,
        as_of=run.as_of,
        computed_at=run.finished_at or run.created_at,
        model_version=run.model_version,
        currency=run.currency,
        rows=definition.rows(await repository.count(session, definition, run.id)),
    )
