"""Queries over scoring runs, and the set statements that make one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import CursorResult, Select, TextClause, case, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import db
from crmkit.events import outbox
from crmkit.web import lists
from crmkit.work.jobs import jobs
from segment import sql
from segment.scoring_models.models import ScoringModelRow
from segment.scoring_models.schemas import DEFAULT, Thresholds
from segment.scoring_runs.models import CurrentRunRow, ScoringRunRow
from segment.scoring_runs.rules import LANES, Plan, Slice
from segment.scoring_runs.schemas import ScoringRun, ScoringRunQuery

SLICE: Final = ("chunk_customers", "chunk_orders", "chunk_metrics", "chunk_tastes")
_TELL_CHANGES: Final = outbox.telling(
    "score",
    "'changed'",
    rows=f"({sql.load(__package__, 'changed_scores')}) as changed",
    document="document",
    subject="id",
    origin="$3",
)
POPULATION: Final = ("totals", "scores", "category_usage", "fill_next_purchases")

# The planner knows nothing of tables filled a moment ago: it hashes, and joins in the order written.
_SET_WORK: Final = (
    "set local statement_timeout = 0",
    "set local enable_nestloop = off",
    "set local enable_mergejoin = off",
    "set local join_collapse_limit = 1",
    "set local work_mem = '64MB'",
    "set local jit = off",
)


@dataclass(frozen=True, slots=True)
class RunTerms:
    """What a run is made with."""

    run_id: UUID
    model_name: str
    as_of: date
    currency: str
    thresholds: Thresholds

    def parameters(self) -> dict[str, Any]:
        return self.thresholds.model_dump() | {
            "run_id": self.run_id,
            "as_of": self.as_of,
            "currency": self.currency,
            "recent_days": self.thresholds.weekly_spend_weeks * 7,
        }


_STATUS: Final = case((ScoringRunRow.finished_at.is_not(None), "succeeded"), else_=jobs.c.status)
_RUNS: Final[Select[Any]] = (
    select(
        *(column for column in ScoringRunRow.__table__.c if column.name != "run_id"),
        ScoringRunRow.id.label("id"),
        ScoringModelRow.name.label("model"),
        func.concat(ScoringModelRow.name, "-", ScoringModelRow.version).label("model_version"),
        _STATUS.label("status"),
    )
    .join(ScoringModelRow, ScoringModelRow.id == ScoringRunRow.model_id)
    .join(jobs, jobs.c.id == ScoringRunRow.id)
)
RUNS: Final = lists.List(
    _RUNS,
    ScoringRunQuery,
    columns=ScoringRunRow.__mapper__.c,
    named={"model": ScoringModelRow.name, "status": _STATUS},
    model=ScoringRun,
)


async def find_run(session: AsyncSession, run_id: UUID) -> db.Row | None:
    query = _RUNS.where(ScoringRunRow.id == run_id)
    row: db.Row | None = (await session.execute(query)).one_or_none()
    return row


async def insert_run(session: AsyncSession, values: Mapping[str, Any]) -> None:
    await session.execute(insert(ScoringRunRow).values(values))


async def find_terms(session: AsyncSession, run_id: UUID) -> RunTerms:
    query = (
        select(ScoringRunRow, ScoringModelRow.name, ScoringModelRow.thresholds)
        .join(ScoringModelRow, ScoringModelRow.id == ScoringRunRow.model_id)
        .where(ScoringRunRow.id == run_id)
    )
    run, name, thresholds = (await session.execute(query)).one()
    return RunTerms(run.id, name, run.as_of, run.currency, Thresholds.model_validate(thresholds))


async def find_finished(session: AsyncSession, model_name: str, as_of: date | None) -> UUID | None:
    """The current run of a model or, for a date, the latest finished one at that date."""
    if as_of is None:
        current = select(CurrentRunRow.run_id).where(CurrentRunRow.model_name == model_name)
        return (await session.scalars(current)).one_or_none()
    query = (
        select(ScoringRunRow.id)
        .join(ScoringModelRow, ScoringModelRow.id == ScoringRunRow.model_id)
        .where(ScoringModelRow.name == model_name, ScoringRunRow.as_of == as_of, ScoringRunRow.finished_at.is_not(None))
        .order_by(ScoringRunRow.finished_at.desc(), ScoringRunRow.id.desc())
    )
    return (await session.scalars(query.limit(1))).one_or_none()


async def open_run(session: AsyncSession, terms: RunTerms, *, chunk_lines: int) -> Plan:
    """Make the run's partitions and cut the customers into slices."""
    await _execute(session, "forget_failed", {})
    await session.execute(select(func.open_run(terms.run_id)))
    rows = await _execute(session, "plan", {"chunk_lines": chunk_lines, "lanes": LANES})
    return Plan([Slice(str(row.customers_from), _text(row.customers_to), row.customer_count) for row in rows])


async def empty_run(session: AsyncSession, run_id: UUID) -> None:
    """Throw away what an unfinished run wrote."""
    await session.execute(select(func.empty_run(run_id)))


async def score_slice(session: AsyncSession, terms: RunTerms, customers: Slice) -> None:
    """Everything that needs one customer's facts only, for a slice of the customers; nothing for one scored before."""
    bounds = {
        "customers_from": UUID(customers.customers_from),
        "customers_to": UUID(customers.customers_to) if customers.customers_to else None,
    }
    parameters = terms.parameters() | bounds
    await _set_work(session)
    await _execute(session, "hold_slice", parameters)
    if (await _execute(session, "slice_is_scored", parameters)).scalar_one():
        return
    for name in SLICE:
        await _execute(session, name, parameters)


async def score_population(session: AsyncSession, terms: RunTerms) -> None:
    """Everything that needs all customers at once: ranks, bands, what is popular."""
    await _set_work(session)
    for name in POPULATION:
        await _execute(session, name, terms.parameters())


async def finish(session: AsyncSession, terms: RunTerms, *, now: datetime) -> None:
    """Let the run be seen, and tell whose classes it changed if it is the current one of the default model.

    Other models are trials: what they think of a customer is to be read, and nobody acts on it.
    """
    await session.execute(text(_SET_WORK[0]))
    await session.execute(select(func.close_run(terms.run_id)))
    await _execute(session, "finish", {"run_id": terms.run_id, "now": now})
    present = {"model_name": terms.model_name, "run_id": terms.run_id, "as_of": terms.as_of}
    current = (await _execute(session, "make_current", present)).one_or_none()
    if current is not None and terms.model_name == DEFAULT:
        await _tell_changes(session, terms.run_id, current.previous_run_id)


async def _tell_changes(session: AsyncSession, run_id: UUID, previous_run_id: UUID | None) -> None:
    connection = await db.driver(session)
    await connection.execute(_TELL_CHANGES, run_id, previous_run_id, outbox.origin())


async def erase_customers(session: AsyncSession, customer_ids: Sequence[UUID]) -> None:
    """Forget what runs made of these customers, finished ones too."""
    connection = await db.driver(session)
    for table in ("scores", "brand_loyalty", "next_purchases"):
        await connection.execute(f"delete from {table} where customer_id = any($1)", customer_ids)


async def _set_work(session: AsyncSession) -> None:
    for setting in _SET_WORK:
        await session.execute(text(setting))


async def _execute(session: AsyncSession, name: str, parameters: Mapping[str, Any]) -> CursorResult[Any]:
    statement = _statement(name)
    wanted = {key: parameters[key] for key in statement.compile().params}
    # Bound values give the parameters their types: Postgres could not tell a date from a number of days.
    return cast("CursorResult[Any]", await session.execute(statement.bindparams(**wanted)))


def _text(id: UUID | None) -> str | None:
    return str(id) if id else None


@cache
def _statement(name: str) -> TextClause:
    return text(sql.load(__package__, name))
