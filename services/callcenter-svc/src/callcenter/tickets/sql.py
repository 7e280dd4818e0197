"""The SQL of a ticket's own shape: written once, used by the hot path, the batch and the late link."""

from typing import Final

from callcenter.hot import ORIGIN, TAKEN, claimed
from callcenter.references.sql import customer_json, resolution, time_json

# Tiers in the order of `rules.Tier`, then none: the order of the outcomes that each new row brings along.
_TIERS: Final = "array['platinum', 'gold', 'silver', 'bronze', 'lead']"

_GIVEN: Final = """
    type text, subject text, body text, channel text, severity text, brand text, store_id text, tags text[],
    custom json, product json, "order" json, call_id text, assignee text, complaint json, handle_kind text,
    handle_value text, priority_given boolean
"""
_COLUMNS: Final = """
    type, subject, body, channel, severity, brand, store_id, tags, custom, product, "order", call_id, assignee,
    complaint, handle_kind, handle_value, priority_given, id, number, version, status, priority, message_count,
    first_response_due_at, resolution_due_at, customer_id, resolution, candidates, created_at, updated_at
"""


def ticket_json(row: str) -> str:
    """A ticket as its GET answers it, from the alias of a row that has the table's columns."""
    return f"""json_build_object(
        'id', {row}.id, 'number', {row}.number, 'version', {row}.version, 'type', {row}.type,
        'status', {row}.status, 'priority', {row}.priority, 'severity', {row}.severity, 'subject', {row}.subject,
        'body', {row}.body, 'channel', {row}.channel, 'brand', {row}.brand, 'store_id', {row}.store_id,
        'tags', {row}.tags, 'custom', {row}.custom, 'customer', {customer_json(row)}, 'product', {row}.product,
        'order', {row}."order", 'call_id', {row}.call_id, 'assignee', {row}.assignee, 'complaint', {row}.complaint,
        'sla', {_sla_json(row)}, 'message_count', {row}.message_count,
        'created_at', {time_json(f"{row}.created_at")}, 'updated_at', {time_json(f"{row}.updated_at")})"""


def _sla_json(row: str) -> str:
    return f"""json_build_object(
        'first_response_due_at', {time_json(f"{row}.first_response_due_at")},
        'resolution_due_at', {time_json(f"{row}.resolution_due_at")},
        'first_responded_at', {time_json(f"{row}.first_responded_at")},
        'paused', {row}.status = 'pending',
        'breached', coalesce({row}.first_responded_at, {row}.stopped_at, now()) > {row}.first_response_due_at
            or coalesce({row}.stopped_at, now()) > {row}.resolution_due_at)"""


# $1: a JSON array of new rows, each with its outcomes by tier; $2..$5: the event's origin.
_RENDERED: Final = f"""
given as (
    select * from json_to_recordset($1::json) as given(
        place int, created_at timestamptz, priorities text[], first_response_dues timestamptz[],
        resolution_dues timestamptz[], {_GIVEN})
), known as (
    select given.*, found.*, coalesce(array_position({_TIERS}, score.tier), 6) as outcome
    from given
    cross join lateral {resolution("given.handle_kind", "given.handle_value")} as found
    left join customer_scores as score on score.customer_id = found.customer_id
), prepared as materialized (
    select known.*, uuidv7() as id, nextval('ticket_number') as number, 1::bigint as version, 'new' as status,
        priorities[outcome] as priority, first_response_dues[outcome] as first_response_due_at,
        resolution_dues[outcome] as resolution_due_at, null::timestamptz as first_responded_at,
        null::timestamptz as stopped_at, 0 as message_count, created_at as updated_at
    from known
), rendered as materialized (
    select prepared.*, {ticket_json("prepared")} as document from prepared
)"""


def _effects(condition: str) -> str:
    return f"""inserted as (
    insert into tickets ({_COLUMNS}) select {_COLUMNS} from rendered where {condition}
), emitted as (
    insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
    select 'perennial.ticket.created.v1', '/v1/tickets/' || id, customer_id::text, document, {ORIGIN}
    from rendered where {condition}
)"""


_HEADERS: Final = """'location', '/v1/tickets/' || id, 'etag', '"1"'"""

# One row; no answer when its key is taken.
CREATE_ONE: Final = f"""
with {_RENDERED},
{claimed(status=201, headers=_HEADERS)},
{_effects(TAKEN)}
select id, document::text from rendered where {TAKEN}
"""

CREATE_MANY: Final = f"""
with {_RENDERED},
{_effects("true")}
select document::text from rendered order by place
"""
