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
from crmkit.data import db
from crmkit.events import outbox
from crmkit.web import fast

# Tiers in the order of `rules.Tier`: the order of the outcomes that each new row brings along, the last for none.
_TIERS: Final = "array['platinum', 'gold', 'silver', 'bronze', 'lead']"

# What a new row brings along, in the order of `NewRow`.
_GIVEN: Final = {
    "place": "int", "type": "text", "subject": "text", "body": "text", "channel": "text", "severity": "text",
    "brand": "text", "store_id": "text", "tags": "text[]", "custom": "json", "product": "json", "order": "json",
    "call_id": "text", "assignee": "text", "complaint": "json", "handle_kind": "text", "handle_value": "text",
    "priority_given": "boolean", "created_at": "timestamptz", "priorities": "text[]",
    "first_response_dues": "timestamptz[]", "resolution_dues": "timestamptz[]",
}  # fmt: skip


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


def _inserted(given: str) -> str:
    """The CTE `made`: the rows of a query become tickets, in the order of `place`, each with its document."""
    return f"""made as (
    insert into tickets as made (
        id, number, type, subject, body, channel, severity, brand, store_id, tags, custom, product, "order", call_id,
        assignee, complaint, handle_kind, handle_value, customer_id, resolution, candidates, priority_given, priority,
        first_response_due_at, resolution_due_at, created_at, updated_at
    )
    select
        uuidv7(), nextval('ticket_number'), type, subject, body, channel, severity, brand, store_id, tags, custom,
        product, "order", call_id, assignee, complaint, handle_kind, handle_value, found.customer_id, resolution,
        candidates, priority_given, priorities[outcome], first_response_dues[outcome], resolution_dues[outcome],
        created_at, created_at
    from ({given}) as given
    cross join lateral {resolution("given.handle_kind", "given.handle_value")} as found
    left join customer_scores as score on score.customer_id = found.customer_id
    cross join lateral (select coalesce(array_position({_TIERS}, score.tier), cardinality(priorities)) as outcome)
    order by place
    returning id, customer_id, {ticket_json("made")} as document
)"""


_EMITTED: Final = f"""emitted as (
    insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
    select 'perennial.ticket.created.v1', '/v1/tickets/' || id, customer_id::text, document, {fast.ORIGIN}
    from made
)"""

_HEADERS: Final = """'location', '/v1/tickets/' || id, 'etag', '"1"'"""
_KEPT: Final = fast.keeping(source="made", body="document", headers=_HEADERS)
_ONE: Final = ", ".join(f'${place}::{kind} as "{name}"' for place, (name, kind) in enumerate(_GIVEN.items(), 10))
_MANY: Final = ", ".join(f'"{name}" {kind}' for name, kind in _GIVEN.items())
CREATE_ONE: Final = f"""
with {_inserted(f"select {_ONE}")}, {_KEPT}, {_EMITTED}
select id, document::text from made
"""
# Ids made by one connection rise, so they have the order of `place`.
CREATE_MANY: Final = f"""
with {_inserted(f"select * from json_to_recordset($5::json) as given({_MANY})")}, {_EMITTED}
select document::text from made order by id
"""


Json = msgspec.Raw


class NewRow(msgspec.Struct, kw_only=True):
    """A ticket to be inserted: as given, and what is promised for each tier its customer may turn out to have."""

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
    priorities: list[str]
    first_response_dues: list[datetime]
    resolution_dues: list[datetime]

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
        priorities=[priority for priority, _ in outcomes],
        first_response_dues=[clock.first_response_due_at for _, clock in outcomes],
        resolution_dues=[clock.resolution_due_at for _, clock in outcomes],
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
