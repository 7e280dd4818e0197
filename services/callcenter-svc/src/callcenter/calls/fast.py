"""The hot path of telephony: an event is folded into its call, with the call's event, in one statement."""

from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec
from fastapi import Request
from starlette.responses import Response

from callcenter.calls import rules
from callcenter.references.repository import customer_json, resolution, time_json
from callcenter.schemas import Told
from crmkit.data import db
from crmkit.web import fast

# What a call is, next to its identity, version and times of record.
_FACTS: Final = (
    "status", "status_rank", "status_at", "ringing_at", "answered_at", "ended_at", "from_number", "to_number",
    "direction", "recording_url", "agent", "agent_at", "disposition", "disposition_at", "handle_kind", "handle_value",
    "customer_id", "resolution", "candidates",
)  # fmt: skip
_WRITTEN: Final = ", ".join((*_FACTS, "version", "updated_at"))


def call_json(row: str) -> str:
    """A call as its GET answers it, from the alias of a row that has the table's columns."""
    return f"""json_build_object(
        'id', {row}.id, 'call_id', {row}.call_id, 'version', {row}.version, 'status', {row}.status,
        'direction', {row}.direction, 'from', {row}.from_number, 'to', {row}.to_number, 'agent', {row}.agent,
        'disposition', {row}.disposition, 'recording_url', {row}.recording_url, 'customer', {customer_json(row)},
        'ringing_at', {time_json(f"{row}.ringing_at")}, 'answered_at', {time_json(f"{row}.answered_at")},
        'ended_at', {time_json(f"{row}.ended_at")}, 'created_at', {time_json(f"{row}.created_at")},
        'updated_at', {time_json(f"{row}.updated_at")})"""


_LEAST: Final = "least((was).{0}, given.{0})"


def _later(at: str, *columns: str, standing: str = "{0}.{1}") -> str:
    """Each column from the side whose standing is later; what has no instant yet gives way."""
    given, held = standing.format("given", at), standing.format("(was)", at)
    takes = f"(was).{at} is null or {given} > {held}"
    return ", ".join(f"case when {takes} then given.{c} else (was).{c} end as {c}" for c in columns)


def _of(row: str) -> str:
    return ", ".join(f"{row}.{column}" for column in _FACTS)


def _least(*columns: str) -> str:
    return ", ".join(f"{_LEAST.format(c)} as {c}" for c in columns)


def _unless_erased(*columns: str) -> str:
    """Texts that erasure took out stay out, whatever comes late or again."""
    return ", ".join(
        f"case when (was).handle_kind = 'id' then null else {_LEAST.format(c)} end as {c}" for c in columns
    )


_STANDING: Final = f"({{0}}.status_rank = {rules.ENDED_RANK}, {{0}}.{{1}}, {{0}}.status_rank)"
_HEADERS: Final = """'etag', '"' || version || '"'"""
_KEPT: Final = fast.keeping(source="rendered", body="document", headers=_HEADERS, status=200)
_KIND: Final = "case when number is not null then 'phone' end"
_CUSTOMER: Final = "(was).handle_kind, (was).handle_value, (was).resolution, (was).customer_id, (was).candidates"

# $10: a JSON array of one call as its event tells it. Of two first events at once the second violates
# calls_call_id_key; sent again, it finds the row.
FOLD: Final = f"""
with given as (
    select * from json_to_recordset($10::json) as given(
        call_id text, received_at timestamptz, status text, status_rank smallint, status_at timestamptz,
        ringing_at timestamptz, answered_at timestamptz, ended_at timestamptz, from_number text, to_number text,
        direction text, recording_url text, agent text, agent_at timestamptz, disposition text,
        disposition_at timestamptz)
), held as (
    select calls as was from calls where call_id = (select call_id from given) for update
), joined as (
    select was, given.call_id, given.received_at,
        {_later("status_at", "status", "status_rank", "status_at", standing=_STANDING)},
        {_least("ringing_at", "answered_at", "ended_at", "direction")},
        {_unless_erased("from_number", "to_number", "recording_url")},
        {_later("agent_at", "agent", "agent_at", standing="({0}.{1}, {0}.agent)")},
        {_later("disposition_at", "disposition", "disposition_at", standing="({0}.{1}, {0}.disposition)")}
    from given left join held on true
), numbered as (
    select joined.*, case when direction = 'outbound' then to_number else from_number end as number from joined
), named as (
    select numbered.*, (was).handle_kind = 'id' or ((was).resolution = 'resolved' and (was).handle_value = number)
        as is_settled
    from numbered
), known as (
    select named.*, whom.*
    from named cross join lateral (
        select {_CUSTOMER} where is_settled -- a number may have changed hands since the call
        union all
        select {_KIND}, number, found.* from {resolution(_KIND, "number")} as found where is_settled is not true
    ) as whom(handle_kind, handle_value, resolution, customer_id, candidates)
), compared as (
    select known.*, coalesce((was).id, uuidv7()) as id, coalesce((was).created_at, received_at) as created_at,
        (was).id is null or ({_of("known")}) is distinct from ({_of("(was)")}) as changed
    from known
), versioned as (
    select compared.*, coalesce((was).version, 0) + changed::int as version,
        case when changed then received_at else (was).updated_at end as updated_at
    from compared
), rendered as materialized (
    select versioned.*, {call_json("versioned")} as document from versioned
),
{_KEPT},
inserted as (
    insert into calls (id, call_id, created_at, {_WRITTEN})
    select id, call_id, created_at, {_WRITTEN} from rendered where (was).id is null
), updated as (
    update calls set ({_WRITTEN}) = ({_of("rendered")}, rendered.version, rendered.updated_at)
    from rendered where calls.id = (rendered.was).id and changed
), emitted as (
    insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
    select 'perennial.call.' || case when status = 'ended' and (was).status is distinct from 'ended' then 'ended'
            when (was).id is null then 'started' else 'updated' end || '.v1',
        '/v1/calls/' || id, customer_id::text, document, {fast.ORIGIN}
    from rendered where changed
)
select version, document::text from rendered
"""


class GivenCall(msgspec.Struct, kw_only=True):
    """A call as one event tells it, and when we heard of it."""

    call_id: str
    received_at: datetime
    call: rules.Call

    def row(self) -> dict[str, Any]:
        call: dict[str, Any] = msgspec.to_builtins(self.call)
        return {"call_id": self.call_id, "received_at": self.received_at} | call


async def fold_event(request: Request, given: GivenCall) -> Response:
    """Fold the event into its call: 200 with the call, as this event leaves it."""
    row = msgspec.json.encode([given.row()]).decode()
    try:
        folded = await fast.execute(request, FOLD, row)
    except asyncpg.UniqueViolationError as error:
        if db.constraint(error) != "calls_call_id_key":
            raise
        folded = await fast.execute(request, FOLD, row)
    assert folded is not None
    return Told(folded["document"], folded["version"]).answer()
