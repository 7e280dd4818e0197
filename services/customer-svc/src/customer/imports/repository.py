"""The staged body of an import, and its error list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from crmkit.web.batches import Refusal
from customer.imports.rules import Chunk

_STAGE: Final = "insert into import_chunks (job_id, number, first_line, content) values ($1, $2, $3, $4)"
_ADOPT: Final = "update import_chunks set job_id = $2 where job_id = $1 returning number"
_DISCARD: Final = "delete from import_chunks where job_id = $1"
_READ: Final = "select first_line, content from import_chunks where job_id = $1 and number = $2"
_DROP: Final = "delete from import_chunks where job_id = $1 and number = $2"
_FORGET: Final = """
delete from import_chunks c using jobs j where j.id = c.job_id and j.status not in ('queued', 'running')
"""
_FORGET_UPLOADS: Final = """
delete from import_chunks where job_id in (
    select c.job_id from import_chunks c where not exists (select from jobs j where j.id = c.job_id)
    group by c.job_id having max(c.staged_at) < $1)
"""
_ERRORS: Final = """
insert into job_errors (job_id, position, code, detail, content)
select $1, * from unnest($2::bigint[], $3::text[], $4::text[], $5::text[])
"""
CONTENT: Final = 500


@dataclass(frozen=True, slots=True)
class LineError:
    """A refused line: its number in the body, why, and how it begins."""

    line: int
    refusal: Refusal
    content: bytes


async def stage(connection: asyncpg.Connection, upload_id: UUID, number: int, chunk: Chunk) -> None:
    """Keep one chunk of a body that is still coming."""
    await connection.execute(_STAGE, upload_id, number, chunk.first_line, chunk.content)


async def adopt(connection: asyncpg.Connection, upload_id: UUID, job_id: UUID) -> int:
    """Give an upload's chunks to its job; how many there were."""
    return len(await connection.fetch(_ADOPT, upload_id, job_id))


async def discard(connection: asyncpg.Connection, upload_id: UUID) -> None:
    """Drop the chunks of an upload that no job has."""
    await connection.execute(_DISCARD, upload_id)


async def read(connection: asyncpg.Connection, job_id: UUID, number: int) -> tuple[int, bytes] | None:
    """(first line, content) of a chunk; None after the last."""
    row = await connection.fetchrow(_READ, job_id, number)
    return (row[0], row[1]) if row else None


async def drop(connection: asyncpg.Connection, job_id: UUID, number: int) -> None:
    """Forget a chunk with the transaction that has taken it."""
    await connection.execute(_DROP, job_id, number)


async def forget(connection: asyncpg.Connection, *, idle_since: datetime) -> None:
    """Drop what is left of jobs that have ended, and of uploads that nobody has gone on with since."""
    await connection.execute(_FORGET)
    await connection.execute(_FORGET_UPLOADS, idle_since)


async def keep_errors(connection: asyncpg.Connection, job_id: UUID, errors: Sequence[LineError]) -> None:
    """Write refused lines into the job's error list."""
    beginnings = [_beginning(e.content) for e in errors]
    codes, details = [e.refusal.code for e in errors], [e.refusal.detail.replace("\0", "") for e in errors]
    await connection.execute(_ERRORS, job_id, [e.line for e in errors], codes, details, beginnings)


def _beginning(line: bytes) -> str:
    """How a line begins. In JSON \\u0040 is an @, of which masking would take the whole line for an e-mail address."""
    text = line[:CONTENT].decode("utf-8", "replace").replace("\0", "\ufffd").strip()
    return text.replace("@", "\\u0040")
