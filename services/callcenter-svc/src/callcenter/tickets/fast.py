"""The hot path: a ticket, its event and its idempotency claim in one statement, answered with the bytes it built."""

from datetime import datetime
from typing import Any, Final

import msgspec
from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from callcenter.references.repository import customer_json, resolution, time_json
from callcenter.references.rules import Handle
from callcenter.schemas import Told
from callcenter.slas.rules import Policy
from callcenter.tickets import rules
from callcenter.tickets.schemas import NewTicket
from crmkit import db, fast, outbox

# Tiers in the order of `rules.Tier`, then none: the order of the outcomes that each new row brings along.
_TIERS: Final = "array['platinum', 'gold', 'silver', 'bronze', 'lead']"

# What a new row brings along, in the order of `NewRow`.
_GIVEN: Final = {
    "place": "int", "type": "text", "subject": "text", "body": "text", "channel": "text", "severity": "text",
    "brand": "text", "store_id": "text", "tags": "text[]", "custom": "json", "product": "json", "order": "json",
    "call_id": "text", "assignee": "text", "complaint": "json", "handle_kind": "text", "handle_value": "text",
    "priority_given": "boolean", "created_at": "timestamptz", "outcomes": "json",
}  # fmt: skip
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


def _rendered(given: str) -> str:
    """The CTEs up to `rendered`: the rows of a query become tickets, each with its document."""
    return f"""
given as (
    {given}
), known as (
    select given.*, found.*, outcomes -> coalesce(array_position({_TIERS}, score.tier) - 1, -1) as outcome
    from given
    cross join lateral {resolution("given.handle_kind", "given.handle_value")} as found
    left join customer_scores as score on score.customer_id = found.customer_id
), prepared as materialized (
    select known.*, uuidv7() as id, nextval('ticket_number') as number, 1::bigint as version, 'new' as status,
        outcome ->> 'priority' as priority,
        (outcome ->> 'first_response_due_at')::timestamptz as first_response_due_at,
        (outcome ->> 'resolution_due_at')::timestamptz as resolution_due_at, null::timestamptz as first_responded_at,
        null::timestamptz as stopped_at, 0 as message_count, created_at as updated_at
    from known
), rendered as materialized (
    select prepared.*, {ticket_json("prepared")} as document from prepared
)"""


_EFFECTS: Final = f"""inserted as (
    insert into tickets ({_COLUMNS}) select {_COLUMNS} from rendered
), emitted as (
    insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
    select 'perennial.ticket.created.v1', '/v1/tickets/' || id, customer_id::text, document, {fast.ORIGIN}
    from rendered
)"""

_HEADERS: Final = """'location', '/v1/tickets/' || id, 'etag', '"1"'"""
_KEPT: Final = fast.keeping(source="rendered", body="document", headers=_HEADERS)
_ONE: Final = ", ".join(f'${place}::{kind} as "{name}"' for place, (name, kind) in enumerate(_GIVEN.items(), 10))
_MANY: Final = ", ".join(f'"{name}" {kind}' for name, kind in _GIVEN.items())
CREATE_ONE: Final = f"""
with {_rendered(f"select {_ONE}")}, {_KEPT}, {_EFFECTS}
select id, document::text from rendered
"""
CREATE_MANY: Final = f"""
with {_rendered(f"select * from json_to_recordset($5::json) as given({_MANY})")}, {_EFFECTS}
select document::text from rendered order by place
"""


Json = msgspec.Raw


class Outcome(msgspec.Struct):
    """What a ticket is promised when its customer has a certain tier."""

    priority: str
    first_response_due_at: datetime
    resolution_due_at: datetime


class NewRow(msgspec.Struct, kw_only=True):
    """A ticket to be inserted: as given, and its outcome for each tier its customer may turn out to have."""

    place: int
    type: str
    subject: str
    body: str
    channel: str
    severity: str | None
    brand: str | None
    store_id: str | None
    tags: list[str]
    custom: Json
    product: Json | None
    order: Json | None
    call_id: str | None
    assignee: str | None
    complaint: Json | None
    handle_kind: str | None
    handle_value: str | None
    priority_given: bool
    created_at: datetime
    outcomes: Json

    def parameters(self) -> list[Any]:
        """The fields as a statement takes them one by one."""
        return [bytes(each).decode() if isinstance(each, Json) else each for each in msgspec.structs.astuple(self)]


def new_row(ticket: NewTicket, handle: Handle | None, policy: Policy, now: datetime, place: int = 0) -> NewRow:
    """The row of a new ticket whose customer is known by `handle`."""
    outcomes = rules.outcomes(ticket.type, ticket.severity, ticket.priority, now, policy)
    return NewRow(
        place=place,
        type=ticket.type,
        subject=ticket.subject,
        body=ticket.body,
        channel=ticket.channel,
        severity=ticket.severity,
        brand=ticket.brand,
        store_id=ticket.store_id,
        tags=ticket.tags,
        custom=_json(ticket.custom),
        product=_json(ticket.product.as_given()) if ticket.product else None,
        order=_json(ticket.order.as_given()) if ticket.order else None,
        call_id=ticket.call_id,
        assignee=ticket.assignee,
        complaint=_json(ticket.complaint.model_dump()) if ticket.complaint else None,
        handle_kind=handle.kind if handle else None,
        handle_value=handle.value if handle else None,
        priority_given=ticket.priority is not None,
        created_at=now,
        outcomes=_json(
            [Outcome(priority, clock.first_response_due_at, clock.resolution_due_at) for priority, clock in outcomes]
        ),
    )


def _json(value: Any) -> Json:
    return Json(msgspec.json.encode(value))


async def insert_ticket(request: Request, row: NewRow) -> Response:
    """Insert one ticket in a transaction of its own. Raises Replayed when the request's key has been used."""
    made = await fast.execute(request, CREATE_ONE, *row.parameters())
    assert made is not None
    return Told(made["document"], 1).answer(201, {"Location": f"/v1/tickets/{made['id']}"})


async def insert_tickets(session: AsyncSession, rows: list[NewRow]) -> list[str]:
    """Insert tickets by one statement in the session's transaction; their documents, in the order of `place`."""
    connection = await db.driver(session)
    payload = msgspec.json.encode(rows).decode()
    made = await connection.fetch(CREATE_MANY, *outbox.context_values(), payload)
    return [row["document"] for row in made]
