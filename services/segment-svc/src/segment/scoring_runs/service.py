"""Scoring runs: asked for in a request, made by the worker in slices, seen once they are whole."""

import asyncio
from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.data.db import Database
from crmkit.data.money import minor_unit
from crmkit.events import outbox
from crmkit.web import cursors
from crmkit.work import jobs
from crmkit.work.jobs import Cancelled, Chunk, Job
from segment.scoring_models import service as scoring_models
from segment.scoring_models.schemas import DEFAULT
from segment.scoring_runs import repository, rules
from segment.scoring_runs.errors import FutureScoring, NoScores, ScoringRunNotFound
from segment.scoring_runs.repository import RunTerms
from segment.scoring_runs.rules import Plan, Slice
from segment.scoring_runs.schemas import NewScoringRun, RunQuery, ScoringRun
from segment.settings import Settings

JOB: Final = "scoring"
# Small enough for the processor's cache: at twice as many, a line takes a fifth longer.
CHUNK_LINES: Final = 100_000


async def start(session: AsyncSession, new: NewScoringRun, settings: Settings) -> Job:
    """Raises: UnknownScoringModel (422), FutureScoring (422)."""
    latest = rules.tomorrow(datetime.now(UTC), settings.zone)
    as_of = new.as_of or latest
    if as_of > latest:
        raise FutureScoring(f"The latest `as_of` is {latest}.")
    model = await scoring_models.latest(session, new.model)
    asked = NewScoringRun(as_of=as_of, model=new.model)
    job = await jobs.create(session, service=settings.service, kind=JOB, params=asked)
    await repository.insert_run(
        session,
        {
            "id": job.id,
            "model_id": model.id,
            "as_of": as_of,
            "currency": settings.currency,
            "minor_unit": minor_unit(settings.currency),
        },
    )
    await audit.record(session, "create_scoring_run", f"/v1/scoring-runs/{job.id}", f"{model.name} as of {as_of}")
    return job


async def get(session: AsyncSession, run_id: UUID) -> ScoringRun:
    """Raises: ScoringRunNotFound (404)."""
    row = await repository.find_run(session, run_id)
    if row is None:
        raise ScoringRunNotFound(f"There is no scoring run {run_id}.")
    return ScoringRun.model_validate(row, from_attributes=True)


async def finished(
    session: AsyncSession, *, model: str = DEFAULT, as_of: date | None = None, run_id: UUID | None = None
) -> UUID:
    """The finished run that answers a question: the one named, or a model's latest at a date or current one.

    Raises: NoScores (404).
    """
    if run_id is not None:
        run = await get(session, run_id)
        if run.finished_at is None:
            raise NoScores(f"Scoring run {run_id} is {run.status}.")
        return run_id
    found = await repository.find_finished(session, model, as_of)
    if found is None:
        raise NoScores(f"No run of model {model!r} {f'as of {as_of} ' if as_of else ''}has finished.")
    return found


async def asked_for(session: AsyncSession, asked: RunQuery) -> UUID:
    """The run whose list is asked for; from the second page on the first one's, whatever has finished since.

    Raises: NoScores (404).
    """
    pinned = cursors.pin(asked.cursor)
    return await finished(session, model=asked.model, as_of=asked.as_of, run_id=pinned)


async def score(run: jobs.Run, *, chunk_lines: int = CHUNK_LINES) -> ScoringRun:
    """The job: open the run, score it slice by slice, rank the whole, let it be seen.

    chunk_lines: about how many order lines a slice has.
    """
    try:
        while not await _step(run, chunk_lines):
            pass
    except Cancelled:
        async with run.database.begin() as session:
            await repository.empty_run(session, run.id)
        raise
    async with run.database.begin() as session:
        return await get(session, run.id)


async def _step(run: jobs.Run, chunk_lines: int) -> bool:
    """One transaction of the job; True after the last."""
    async with run.chunk() as chunk:
        terms = await repository.find_terms(chunk.session, run.id)
        if chunk.checkpoint is None:
            plan = await repository.open_run(chunk.session, terms, chunk_lines=chunk_lines)
            chunk.save(msgspec.to_builtins(plan), total=plan.total)
            return False
        return await _advance(run.database, chunk, terms, msgspec.convert(chunk.checkpoint, Plan))


async def _score_slices(database: Database, terms: RunTerms, slices: list[Slice]) -> None:
    """Score slices side by side, each in a transaction of its own.

    They commit before the job's progress does: a slice that is done again after a kill finds its rows and leaves them.
    """
    lanes = (_score_slice(database, terms, each) for each in slices)
    # Not a task group: the job's runner tells faults that pass from others, and knows no groups of them.
    for outcome in await asyncio.gather(*lanes, return_exceptions=True):
        if outcome is not None:
            raise outcome


async def _score_slice(database: Database, terms: RunTerms, customers: Slice) -> None:
    async with database.begin() as session:
        await repository.score_slice(session, terms, customers)


async def _advance(database: Database, chunk: Chunk, terms: RunTerms, plan: Plan) -> bool:
    if plan.present:
        await _score_slices(database, terms, plan.present)
        count = sum(each.customer_count for each in plan.present)
        chunk.save(msgspec.to_builtins(plan.advanced(len(plan.present))), processed=count)
        return False
    if plan.done == len(plan.slices):
        await repository.score_population(chunk.session, terms)
        chunk.save(msgspec.to_builtins(plan.advanced()))
        return False
    if plan.done == len(plan.slices) + 1:
        await repository.finish(chunk.session, terms, now=datetime.now(UTC))
        done = await get(chunk.session, terms.run_id)
        await outbox.emit(chunk.session, noun="scoring_run", verb="finished", id=terms.run_id, data=done)
        chunk.save(msgspec.to_builtins(plan.advanced()))
    return True
