"""The staged body of an import, and its error list."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import asyncpg

from customer.imports.rules import Chunk
from customer.intake import Refusal

_STAGE: Final = "insert into import_chunks (job_id, number, first_line, content) values ($1, $2, $3, $4)"
_TOTAL: Final = "update jobs set total = $2 where id = $1"
_READ: Final = "select first_line, content from import_chunks where job_id = $1 and number = $2"
_DROP: Final = "delete from import_chunks where job_id = $1 and number = $2"
_FORGET: Final = """
delete from import_chunks c using jobs j where j.id = c.job_id and j.status not in ('queued', 'running')
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


async def stage(connection: asyncpg.Connection, job_id: UUID, number: int, chunk: Chunk) -> None:
    """Keep one chunk of the body."""
    await connection.execute(_STAGE, job_id, number, chunk.first_line, chunk.content)


async def set_total(connection: asyncpg.Connection, job_id: UUID, lines: int) -> None:
    """Tell the job how many lines there are."""
    await connection.execute(_TOTAL, job_id, lines)


async def read(connection: asyncpg.Connection, job_id: UUID, number: int) -> tuple[int, bytes] | None:
    """(first line, content) of a chunk; None after the last."""
    row = await connection.fetchrow(_READ, job_id, number)
    return (row[0], row[1]) if row else None


async def drop(connection: asyncpg.Connection, job_id: UUID, number: int) -> None:
    """Forget a chunk with the transaction that has taken it."""
    await connection.execute(_DROP, job_id, number)


async def forget(connection: asyncpg.Connection) -> None:
    """Drop what is left of the bodies of jobs that have ended."""
    await connection.execute(_FORGET)


async def keep_errors(connection: asyncpg.Connection, job_id: UUID, errors: Sequence[LineError]) -> None:
    """Write refused lines into the job's error list."""
    beginnings = [_beginning(e.content) for e in errors]
    codes, details = [e.refusal.code for e in errors], [e.refusal.detail.replace("\0", "") for e in errors]
    await connection.execute(_ERRORS, job_id, [e.line for e in errors], codes, details, beginnings)


def _beginning(line: bytes) -> str:
    """How a line begins. In JSON \\u0040 is an @, of which masking would take the whole line for an e-mail address."""
    text = line[:CONTENT].decode("utf-8", "replace").replace("\0", "\ufffd").strip()
    return text.replace("@", "\\u0040")
