"""The outbox: an event is a row of the change's own transaction; the sequencer gives it its place in the feed.

Ids are made while transactions are open, so a reader that follows ids would skip the late ones. Positions are
given to committed rows only, by one sequencer at a time, so a reader that follows positions misses nothing. They lie in
a narrow table, `feed`: numbering the wide rows cost five times as much.
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
BATCH: Final = 50_000

_EMIT: Final = text(
    "insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)"
    " values (:type, :source, :subject, cast(:data as json),"
    " :actor, :request_id, :causation_id, :traceparent)"
)
# Every transaction before the floor had ended, and was numbered, when it was set: nothing older is looked at, but once
# after the schema was restored into a cluster that has not come that far. The planner has to see the floor: a plan for
# any floor would read the whole outbox.
_HEAD: Final = """
select epoch, position, case when floor <= pg_snapshot_xmax(pg_current_snapshot()) then floor else '0' end,
    set_config('plan_cache_mode', 'force_custom_plan', true)
from feed_head
"""
_RECENT: Final = "select id from outbox where xid >= $1 and ($1 = '0' or xid < pg_snapshot_xmax(pg_current_snapshot()))"
_UNNUMBERED: Final = "not exists (select from feed where feed.id = recent.id)"
_COUNT: Final = f"select count(*) from ({_RECENT}) as recent where {_UNNUMBERED}"
_NUMBER: Final = f"""
with recent as (
    {_RECENT}
), pending as (
    select id from recent where {_UNNUMBERED} order by id limit $2
), numbered as (
    insert into feed (position, id) select $3 + row_number() over (order by id), id from pending returning 1
)
select (select count(*) from numbered), exists (select from recent), pg_snapshot_xmin(pg_current_snapshot())
"""
_MOVE: Final = """
update feed_head set position = position + $1, floor = $2 returning case when $1 > 0 then pg_notify($3, '') end
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


async def head(database: Database) -> tuple[str, int, int]:
    """Epoch, the newest position that can be read, and how many committed events have none yet."""
    async with database.transaction() as connection:
        epoch, position, floor, _ = await connection.fetchrow(_HEAD)
        return epoch, position, await connection.fetchval(_COUNT, floor)


async def sequence_once(database: Database, channel: str) -> int:
    """Number the committed, unnumbered events by id; the count of them. More than one sequencer may run."""
    async with database.transaction() as connection:
        # A statement of its own: the next one's snapshot then sees all that the last holder committed.
        _, position, floor, _ = await connection.fetchrow(f"{_HEAD} for update")
        count, looked, oldest = await connection.fetchrow(_NUMBER, floor, BATCH, position)
        floor_now = floor if count == BATCH or not looked else max(floor, oldest)
        if count or floor_now != floor:
            await connection.execute(_MOVE, count, floor_now, channel)
    SEQUENCED.inc(count)
    return int(count)


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
