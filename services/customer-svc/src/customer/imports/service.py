"""Imports: the body is staged while it streams in, then a job takes it chunk by chunk."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from crmkit.data import audit
from crmkit.data.db import Database, driver
from crmkit.web.batches import Outcome
from crmkit.work import jobs
from crmkit.work.due import Due
from customer.imports import repository, resources, rules, tables
from customer.imports.ahead import Ahead
from customer.imports.errors import UnreadableBody, UploadAbandoned
from customer.imports.repository import LineError
from customer.imports.resources import Intake, ReadLines
from customer.imports.schemas import ImportParams, ImportResult
from customer.intake import Mode

KIND: Final = "import"
# An upload that pauses longer is taken for dead.
IDLE: Final = timedelta(hours=1)


@dataclass
class Body:
    """A streamed body: its bytes as they come, and the digest of those that came."""

    blocks: AsyncIterator[bytes]
    encoding: str

    def __post_init__(self) -> None:
        self.digest = hashlib.sha256()

    async def content(self) -> AsyncIterator[bytes]:
        """The bytes, decompressed. Raises UnreadableBody."""
        async for block in rules.inflated(self._digested(), self.encoding):
            yield block

    async def _digested(self) -> AsyncIterator[bytes]:
        try:
            async for block in self.blocks:
                self.digest.update(block)
                yield block
        except ClientDisconnect as error:
            raise UnreadableBody("The upload broke off; send it again.") from error


@dataclass(slots=True)
class Upload:
    """A staged body that no job knows of yet, and how much it is."""

    id: UUID
    chunks: int = 0
    lines: int = 0


@asynccontextmanager
async def staging(database: Database, params: ImportParams, body: Body, *, chunk_lines: int) -> AsyncIterator[Upload]:
    """The whole body, staged. What no job has taken over in the end is dropped, so a broken upload leaves nothing.

    A connection is held only while a chunk is written, never while the client is waited for.
    Raises: UnreadableBody, UnknownColumn, LineTooLong.
    """
    upload = Upload(uuid4())
    lines = rules.lines_of(body.content())
    if params.media_type == "text/csv":
        lines = tables.as_json_lines(lines, params.resource)
    try:
        async for chunk in rules.chunked(lines, chunk_lines):
            upload.chunks, upload.lines = upload.chunks + 1, upload.lines + chunk.lines
            async with database.connection() as connection:
                await repository.stage(connection, upload.id, upload.chunks - 1, chunk)
        yield upload
    finally:
        if upload.chunks:
            async with database.connection() as connection:
                await repository.discard(connection, upload.id)


async def create_import(session: AsyncSession, params: ImportParams, upload: Upload) -> jobs.Job:
    """Make the job that takes a staged body. Raises UploadAbandoned."""
    job = await jobs.create(session, service="customer", kind=KIND, params=params, total=upload.lines)
    if await repository.adopt(await driver(session), upload.id, job.id) != upload.chunks:
        raise UploadAbandoned("What had come was swept away meanwhile; send it again, without a pause of an hour.")
    await audit.record(session, "create_import", jobs.location("customer", job.id), params.resource)
    return job


async def run_import(run: jobs.Run, *, region: str) -> ImportResult:
    """Take the staged chunks one after another, each a transaction; bad lines go to the error list."""
    params = ImportParams.model_validate(run.params)
    how = Intake(Mode(params.mode), region)
    async with Ahead(run, params.resource, how) as ahead:
        while True:
            async with run.chunk() as chunk:
                done = chunk.checkpoint or {"chunks": 0}
                staged = await ahead.next(done["chunks"])
                if staged is None:
                    result = ImportResult(**{effect: done.get(effect, 0) for effect in ImportResult.model_fields})
                    await _record(chunk.session, run.id, params, result)
                    return result
                connection = await driver(chunk.session)
                outcomes = await _take(connection, params, staged.read, how)
                failed = await _keep_errors(connection, run.id, staged.lines, outcomes)
                await repository.drop(connection, run.id, done["chunks"])
                taken = Counter(outcome.effect.value for outcome in outcomes if outcome.effect)
                counts = {effect: done.get(effect, 0) + taken[effect] for effect in ImportResult.model_fields}
                chunk.save({"chunks": done["chunks"] + 1} | counts, processed=staged.count - failed, failed=failed)


async def _record(session: AsyncSession, job_id: UUID, params: ImportParams, result: ImportResult) -> None:
    """One audit entry for all that an import did, with its counts."""
    if not params.dry_run:
        counts = ", ".join(f"{effect} {count}" for effect, count in result)
        await audit.record(session, f"import_{params.resource}", jobs.location("customer", job_id), counts)


async def _take(connection: asyncpg.Connection, params: ImportParams, lines: ReadLines, how: Intake) -> list[Outcome]:
    if not params.dry_run:
        return await resources.take(connection, params.resource, lines, how)
    rehearsal = connection.transaction()
    await rehearsal.start()
    try:
        return await resources.take(connection, params.resource, lines, how)
    finally:
        await rehearsal.rollback()


async def _keep_errors(
    connection: asyncpg.Connection, job_id: UUID, lines: Sequence[tuple[int, bytes]], outcomes: list[Outcome]
) -> int:
    errors = [
        LineError(number, outcome.refusal, content)
        for (number, content), outcome in zip(lines, outcomes, strict=True)
        if outcome.refusal
    ]
    if errors:
        await repository.keep_errors(connection, job_id, errors)
    return len(errors)


async def forget_bodies(connection: asyncpg.Connection, _: Sequence[Due]) -> None:
    """Drop what imports that failed or were cancelled did not take, and what came of uploads whose process died."""
    await repository.forget(connection, idle_since=datetime.now(UTC) - IDLE)
