"""Long work as a resource: made in the request's transaction, done in chunks, cancellable, resumed after a kill.

The row in `jobs` is the one truth about a job. A chunk is one transaction under the lock of that row: its effects,
its events, its progress and the checkpoint from which the next chunk goes on.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
import structlog
from pydantic import BaseModel
from sqlalchemy import BigInteger, Boolean, Column, DateTime, MetaData, String, Table, Uuid, func, insert, text
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit import context
from crmkit.data import db
from crmkit.data.db import Database
from crmkit.problems import Problem

log = structlog.get_logger()

_metadata = MetaData()
jobs = Table(
    "jobs",
    _metadata,
    Column("id", Uuid, primary_key=True, server_default=func.uuidv7()),
    Column("kind", String),
    Column("status", String),
    Column("processed", BigInteger),
    Column("total", BigInteger),
    Column("failed", BigInteger),
    Column("params", JSON),
    Column("result", JSON),
    Column("error", String),
    Column("client", String),
    Column("request_id", String),
    Column("cancel_requested", Boolean),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
)
job_errors = Table(
    "job_errors",
    _metadata,
    Column("job_id", Uuid, primary_key=True),
    Column("position", BigInteger, primary_key=True),
    Column("code", String),
    Column("detail", String),
    Column("content", String),
)


class Cancelled(Exception):
    """Raised inside a handler at the next chunk after the job was cancelled."""


class Superseded(Exception):
    """Raised at the next chunk of a run that was taken for dead while another worker began anew."""


Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class Job(BaseModel):
    """A job as the API shows it; `processed`, `failed` and `total` count what the job is about (lines, customers)."""

    id: UUID
    kind: str
    status: Status
    processed: int
    total: int | None
    failed: int
    params: Any
    result: Any = None
    error: str | None
    errors_url: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(slots=True)
class Chunk:
    """One transaction of a job. `checkpoint` is what the last chunk saved; None at the start."""

    session: AsyncSession
    checkpoint: Any
    processed: int = 0
    failed: int = 0
    total: int | None = None
    saved: Any = None

    def save(self, checkpoint: Any, *, processed: int = 0, failed: int = 0, total: int | None = None) -> None:
        """Set what commits with this chunk: where the next goes on, and what is added to the counts."""
        self.saved, self.processed, self.failed, self.total = checkpoint, processed, failed, total


_HOLD: Final = text("select checkpoint, cancel_requested, status, attempt from jobs where id = :id for update")
_PROGRESS: Final = text(
    "update jobs set checkpoint = cast(:checkpoint as json), processed = processed + :processed,"
    " failed = failed + :failed, total = coalesce(cast(:total as bigint), total) where id = :id"
)
_START: Final = text(
    "update jobs set status = 'running', attempt = attempt + 1,"
    " started_at = coalesce(started_at, clock_timestamp())"
    " where id = :id and status in ('queued', 'running') returning kind, params, client, request_id, attempt"
)
_FINISH: Final = text(
    "with finished as (update jobs set status = :status, result = cast(:result as json), error = :error,"
    " finished_at = clock_timestamp() where id = :id and status = 'running' and attempt = :attempt returning id)"
    " delete from leases using finished where leases.job_id = finished.id"
)


@dataclass(slots=True)
class Run:
    """What a handler gets: the job's parameters, the pool, its chunks, and the worker's client of the gateway."""

    id: UUID
    params: Any
    database: Database
    gateway: Any = field(repr=False)
    attempt: int = 1

    @asynccontextmanager
    async def chunk(self) -> AsyncIterator[Chunk]:
        """A transaction under the job's lock; what it `save`s commits with its effects.

        Raises: Cancelled, before anything is done, when somebody cancelled the job.
        """
        async with self.database.begin() as session:
            row = (await session.execute(_HOLD, {"id": self.id})).one()
            if row.attempt != self.attempt:
                raise Superseded
            if row.cancel_requested or row.status != "running":
                raise Cancelled
            chunk = Chunk(session, row.checkpoint, saved=row.checkpoint)
            yield chunk
            progress = {
                "id": self.id,
                "checkpoint": msgspec.json.encode(chunk.saved).decode(),
                "processed": chunk.processed,
                "failed": chunk.failed,
                "total": chunk.total,
            }
            await session.execute(_PROGRESS, progress)


Handler = Callable[[Run], Awaitable[BaseModel | None]]


async def create(session: AsyncSession, *, service: str, kind: str, params: BaseModel, total: int | None = None) -> Job:
    """Make a job in the session's transaction; a worker finds it there once that has committed."""
    now = context.current()
    values = {
        "kind": kind,
        "params": params.model_dump(mode="json"),
        "total": total,
        "client": now.actor,
        "request_id": now.request_id,
    }
    row = (await session.execute(insert(jobs).values(**values).returning(jobs))).one()
    return of_row(service, row)


def location(service: str, job_id: UUID) -> str:
    """The job's address, for the `Location` of a 202."""
    return f"/v1/jobs/{service}/{job_id}"


async def execute(
    database: Database,
    gateway: Any,
    handlers: Mapping[str, Handler],
    job_id: UUID,
    is_transient: Callable[[BaseException], bool] = db.is_transient,
) -> None:
    """Run one job to its end, or from where a killed worker left it. Transient faults are raised for a retry."""
    async with database.begin() as session:
        row = (await session.execute(_START, {"id": job_id})).one_or_none()
    if row is None:
        return
    context.enter(context.Context(actor=row.client, request_id=row.request_id))
    run = Run(job_id, row.params, database, gateway, row.attempt)
    with structlog.contextvars.bound_contextvars(job=str(job_id), kind=row.kind):
        try:
            result = await handlers[row.kind](run)
            await _finish(run, "succeeded", result=result)
        except Superseded:
            log.warning("job_superseded")
        except Cancelled:
            await _finish(run, "cancelled")
        except Exception as error:
            if is_transient(error):
                raise
            log.error("job_failed", exc_info=error)
            told = error.detail if isinstance(error, Problem) else f"A fault on our side, logged under {job_id}."
            await _finish(run, "failed", error=told)


async def _finish(run: Run, status: str, *, result: BaseModel | None = None, error: str | None = None) -> None:
    values = {
        "id": run.id,
        "attempt": run.attempt,
        "status": status,
        "result": result.model_dump_json() if result else None,
        "error": error,
    }
    async with run.database.begin() as session:
        await session.execute(_FINISH, values)


def of_row(service: str, row: Any) -> Job:
    """A row of `jobs` as the API shows it."""
    values = {name: getattr(row, name) for name in Job.model_fields if name != "errors_url"}
    return Job(**values, errors_url=f"{location(service, row.id)}/errors")
