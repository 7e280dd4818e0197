"""The outbox: an event is a row of the change's own transaction; the sequencer gives it its place in the feed.

Ids are made while transactions are open, so a reader that follows ids would skip the late ones. Positions are
given to committed rows only, by one sequencer at a time, so a reader that follows positions misses nothing.
"""

import asyncio
from typing import Any, Final
from uuid import UUID

import structlog
from prometheus_client import Counter
from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit import context
from crmkit.data import db
from crmkit.data.db import Database
from crmkit.events import cloudevents

log = structlog.get_logger()

SEQUENCED: Final = Counter("outbox_sequenced_total", "Events given a place in the feed")

BUSY_S: Final = 0.02
IDLE_S: Final = 0.25
BATCH: Final = 5_000

_EMIT: Final = text(
    "insert into outbox (id, type, source, subject, data, actor, request_id, causation_id, traceparent)"
    " values (uuidv7(), :type, :source, :subject, cast(:data as json),"
    " :actor, :request_id, :causation_id, :traceparent)"
)
_LOCK: Final = "select position from feed_head for update"
_NUMBER: Final = """
with pending as (
    select id, row_number() over (order by id) as place
    from (select id from outbox where position is null order by id limit $1) as first
), numbered as (
    update outbox set position = $2 + pending.place from pending where outbox.id = pending.id returning outbox.position
), counted as (
    select count(*) as n, max(position) as last from numbered
)
update feed_head set position = counted.last from counted where counted.n > 0 returning counted.n
"""


async def emit(
    session: AsyncSession, *, noun: str, verb: str, id: UUID, data: BaseModel | bytes, subject: UUID | None = None
) -> None:
    """Write `perennial.<noun>.<verb>.v1` for a change this session has made and flushed.

    Call it while the changed row's lock is held: then events of one row have the order of its versions.
    data: the resource as its GET answers. subject: the customer it concerns.
    """
    await session.flush()
    body = data if isinstance(data, bytes) else data.model_dump_json().encode()
    actor, request_id, causation_id, traceparent = context_values()
    row: dict[str, Any] = {
        "type": cloudevents.type_name(noun, verb),
        "source": f"/v1/{plural(noun)}/{id}",
        "subject": str(subject) if subject else None,
        "data": body.decode(),
        "actor": actor,
        "request_id": request_id,
        "causation_id": causation_id,
        "traceparent": traceparent,
    }
    await session.execute(_EMIT, row)


def telling(noun: str, verb: str, *, rows: str, document: str, subject: str = "null", origin: str = "$1") -> str:
    """The INSERT that tells one event a row of `rows`, for set statements; a CTE or a statement of its own.

    verb: SQL of the past participle, `'created'` or a CASE. rows: what follows FROM; each row has the resource's `id`.
    document: SQL of the resource as its GET answers. subject: SQL of the id of the customer it concerns.
    origin: the parameter that takes `origin()`. Where each row has an event of its own to come from, `rows` has
    columns `causation_id` and `traceparent` and `origin` is `caused(...)`.
    """
    told = origin if "," in origin else f"({origin}::text[])[1], ({origin})[2], ({origin})[3], ({origin})[4]"
    return f"""insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
    select 'perennial.{noun}.' || {verb} || '.v1', '/v1/{plural(noun)}/' || id, ({subject})::text, {document}, {told}
    from {rows}"""


def caused(origin: str = "$1") -> str:
    """`origin` of a telling whose rows each name the event they come from, or none."""
    return (
        f"({origin}::text[])[1], ({origin})[2],"
        f" coalesce(causation_id, ({origin})[3]), coalesce(traceparent, ({origin})[4])"
    )


def origin() -> list[str | None]:
    """Where the present work comes from, as one parameter of a set statement."""
    return list(context_values())


def plural(noun: str) -> str:
    """`ticket` -> `tickets`, `scoring_run` -> `scoring-runs`, `batch` -> `batches`."""
    path = noun.replace("_", "-")
    return path + ("es" if path.endswith(("s", "ch", "x")) else "s")


def context_values() -> tuple[str, str | None, str | None, str | None]:
    """(actor, request_id, causation_id, traceparent) of the present work, for set statements."""
    now = context.current()
    return now.actor, now.request_id, now.causation_id, now.traceparent


async def sequence_once(database: Database, channel: str) -> int:
    """Number the committed, unnumbered events; the count of them. More than one sequencer may run."""
    async with database.connection() as connection, connection.transaction():
        # A statement of its own: the next one's snapshot then sees all that the last holder committed.
        position = await connection.fetchval(_LOCK)
        numbered = await connection.fetchval(_NUMBER, BATCH, position)
        if numbered:
            await connection.execute("select pg_notify($1, '')", channel)
    SEQUENCED.inc(numbered or 0)
    return numbered or 0


async def sequence_forever(database: Database, schema: str) -> None:
    """Sequence until cancelled, at 20 ms while there is work and backing off to 250 ms; faults only delay it."""
    pause = BUSY_S
    while True:
        try:
            numbered = await sequence_once(database, f"{schema}_feed")
            pause = BUSY_S if numbered else min(pause * 1.5, IDLE_S)
            if numbered == BATCH:
                continue
        except Exception as error:
            if not db.is_transient(error):
                raise
            log.warning("sequencer_delayed", error=str(error))
            pause = 1.0
        await asyncio.sleep(pause)
