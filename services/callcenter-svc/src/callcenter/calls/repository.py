"""Calls and their events in the database."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import Text, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import rules, schemas
from callcenter.calls.errors import CallNotFound
from callcenter.calls.models import Call
from callcenter.calls.rules import Direction, EventType
from callcenter.calls.schemas import CallQuery
from callcenter.projections.repository import summaries
from callcenter.references.repository import erasing, linking, looking_again
from callcenter.references.rules import Concern
from crmkit.events import outbox
from crmkit.web import lists
from crmkit.web.told import Told

DOCUMENT: Final = literal_column("call_document(calls)::text", Text).label("document")

_SILENCED: Final = """
silenced as (
    update call_events set event = (event::jsonb - '{from,to,recording_url}'::text[])::json
    from calls where calls.call_id = call_events.call_id and calls.customer_id = any($1::uuid[])
),
"""
LINK: Final = linking("calls", "call")
ERASE: Final = erasing(
    "calls", "call", beside=_SILENCED, blank="from_number = null, to_number = null, recording_url = null"
)


CALLS: Final = lists.List(
    select(DOCUMENT).select_from(Call),
    CallQuery,
    columns=Call.__table__.c,
    model=schemas.Call,
    document=DOCUMENT,
    expand={"customer": summaries},
)


async def read_call(session: AsyncSession, id_: UUID) -> Told:
    """The call as told. Raises CallNotFound."""
    row = (await session.execute(select(DOCUMENT, Call.version).where(Call.id == id_))).one_or_none()
    if row is None:
        raise CallNotFound(id_)
    return Told(row.document, row.version)


@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    """A call whose row is locked until the end of the transaction."""

    id: UUID
    call_id: str
    call: rules.Call
    concern: Concern
    told: Told

    @property
    def version(self) -> int:
        return self.told.version


class KeptEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename={"from_": "from"}):
    """An event as it came, its numbers as the telephone system writes them."""

    call_id: str
    source: str
    at: datetime
    type: EventType | None = None
    leg: str | None = None
    from_: str | None = None
    to: str | None = None
    direction: Direction | None = None
    agent: str | None = None
    recording_url: str | None = None
    disposition: str | None = None

    def without_words(self) -> "KeptEvent":
        """What is left of it when the customer is erased; `ERASE` does the same to those that were kept."""
        return msgspec.structs.replace(self, from_=None, to=None, recording_url=None)


_FACTS: Final = tuple(each.name for each in dataclasses.fields(rules.Call))
_CONCERN: Final = tuple(each.name for each in dataclasses.fields(Concern))
_LOCK: Final = f"""
select id, call_id, {", ".join((*_FACTS, *_CONCERN))}, call_document(calls)::text as document, version
from calls where {{}} = $1 for update
"""
_LOCK_CALL_ID: Final = _LOCK.format("call_id")
_LOCK_ID: Final = _LOCK.format("id")
_EVENTS: Final = "select received_at, event::text from call_events where call_id = $1"
# $1: the event, or null for none; $2: when it came.
_KEEP: Final = """
insert into call_events (source, call_id, leg, received_at, event)
select event ->> 'source', event ->> 'call_id', event ->> 'leg', $2, event from (select $1::json) as kept(event)
where event is not null
"""

_CHANGED: Final = (*_FACTS, *_CONCERN, "version", "updated_at")
_TOLD: Final = outbox.telling(
    "call", "$4::text", rows="settled", document="document", subject="customer_id", origin="$5"
)
# $3: the columns of a call. Of two that are first at once the second settles nothing, and finds the row.
_SETTLE: Final = f"""
with settled as (
    insert into calls as call
    select given.* from json_populate_record(null::calls, json_build_object('id', uuidv7())) as made
    cross join lateral json_populate_record(made, $3::json) as given
    on conflict (call_id) do update set ({", ".join(_CHANGED)}) = ({", ".join(f"excluded.{c}" for c in _CHANGED)})
    where call.version = excluded.version - 1
    returning call.id, call.customer_id, call.resolution, call.version, call_document(call) as document
), told as ({_TOLD}), again as ({looking_again("settled")}), kept as ({_KEEP} and exists (select from settled))
select document::text, version from settled
"""


async def lock_call_id(connection: asyncpg.Connection, call_id: str) -> Held | None:
    """The call of the telephone system's id, locked; None when nothing was told of it yet."""
    row = await connection.fetchrow(_LOCK_CALL_ID, call_id)
    return row and _held(row)


async def lock_call(connection: asyncpg.Connection, id_: UUID) -> Held:
    """The call, locked. Raises CallNotFound."""
    row = await connection.fetchrow(_LOCK_ID, id_)
    if row is None:
        raise CallNotFound(id_)
    return _held(row)


def _held(row: asyncpg.Record) -> Held:
    call = {name: row[name] for name in _FACTS}
    concern = {name: row[name] for name in _CONCERN} | {"candidates": tuple(row["candidates"])}
    told = Told(row["document"], row["version"])
    return Held(row["id"], row["call_id"], rules.Call(**call), Concern(**concern), told)


async def events(connection: asyncpg.Connection, call_id: str) -> dict[KeptEvent, datetime]:
    """What was told of a locked call, each with when it came."""
    rows = await connection.fetch(_EVENTS, call_id)
    return {msgspec.json.decode(row["event"], type=KeptEvent): row["received_at"] for row in rows}


async def keep_event(connection: asyncpg.Connection, event: KeptEvent, now: datetime) -> None:
    """Keep an event that leaves its locked call as it was."""
    await connection.execute(_KEEP, _text(event), now)


async def settle(
    connection: asyncpg.Connection, columns: Mapping[str, Any], verb: str, event: KeptEvent | None, now: datetime
) -> Told | None:
    """Write a call's next version and keep the event that made it, if it is new, in one go.

    None when somebody else was first to tell of the call.
    """
    kept = event and _text(event)
    row = await connection.fetchrow(_SETTLE, kept, now, _text(columns), verb, outbox.origin())
    return row and Told(row["document"], row["version"])


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
