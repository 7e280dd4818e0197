"""The hot path: a ticket, its event and its idempotency claim in one statement, answered with the bytes it built."""

from datetime import datetime
from typing import Any

import msgspec
from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from callcenter import hot
from callcenter.references.rules import Handle
from callcenter.slas.rules import Policy
from callcenter.tickets import rules, sql
from callcenter.tickets.schemas import NewTicket
from crmkit import db


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
    custom: dict[str, Any]
    product: dict[str, str] | None
    order: dict[str, str] | None
    call_id: str | None
    assignee: str | None
    complaint: dict[str, Any] | None
    handle_kind: str | None
    handle_value: str | None
    priority_given: bool
    created_at: datetime
    priorities: list[str]
    first_response_dues: list[datetime]
    resolution_dues: list[datetime]


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
        custom=ticket.custom,
        product=ticket.product.model_dump(mode="json", exclude_none=True) if ticket.product else None,
        order=ticket.order.model_dump(mode="json", exclude_none=True) if ticket.order else None,
        call_id=ticket.call_id,
        assignee=ticket.assignee,
        complaint=ticket.complaint.model_dump() if ticket.complaint else None,
        handle_kind=handle.kind if handle else None,
        handle_value=handle.value if handle else None,
        priority_given=ticket.priority is not None,
        created_at=now,
        priorities=[priority for priority, _ in outcomes],
        first_response_dues=[clock.first_response_due_at for _, clock in outcomes],
        resolution_dues=[clock.resolution_due_at for _, clock in outcomes],
    )


async def insert_ticket(request: Request, row: NewRow) -> Response:
    """Insert one ticket in a transaction of its own: 201, or the kept answer of the request's key."""
    made = await hot.run(request, sql.CREATE_ONE, [row])
    if isinstance(made, Response):
        return made
    headers = {"Location": f"/v1/tickets/{made['id']}", "ETag": '"1"'}
    return Response(made["document"], 201, headers, "application/json")


async def insert_tickets(session: AsyncSession, rows: list[NewRow], origin: tuple[str | None, ...]) -> list[str]:
    """Insert tickets by one statement in the session's transaction; their documents, in the order of `place`."""
    connection = await db.driver(session)
    made = await connection.fetch(sql.CREATE_MANY, msgspec.json.encode(rows).decode(), *origin)
    return [row["document"] for row in made]
