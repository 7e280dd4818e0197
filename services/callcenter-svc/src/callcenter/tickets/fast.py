"""The hot path: a ticket, its event, audit entry and idempotency claim in one statement, for one and for many."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import asyncpg
import msgspec
from fastapi import Request
from starlette.responses import Response

from callcenter.references.repository import looking_again, resolution
from callcenter.tickets.models import Ticket
from callcenter.tickets.rules import Tier
from crmkit.data import audit
from crmkit.events import outbox
from crmkit.web import fast
from crmkit.web.told import Told

_SOURCE: Final = "'/v1/tickets/' || id"
_TOLD: Final = outbox.telling("ticket", "'created'", rows="made", document="document", subject="customer_id")
_RECORDED: Final = audit.recording("create_ticket", rows="made", resource=_SOURCE)
_HEADERS: Final = f"""'location', {_SOURCE}, 'etag', '"1"'"""
_KEPT: Final = fast.keeping(source="made", body="document", headers=_HEADERS)

# What the database finds out itself; the other columns come as they are named in a row.
_FOUND: Final = {
    "id": "uuidv7()",
    "number": "nextval('ticket_number')",
    "handle_kind": "placed.handle_kind",
    "handle_value": "placed.handle_value",
    "customer_id": "placed.customer_id",
    "resolution": "placed.resolution",
    "candidates": "placed.candidates",
    "priority": "coalesce(placed.at_tier ->> 'priority', ticket.priority)",
    **{
        due: f"coalesce((placed.at_tier ->> '{due}')::timestamptz, ticket.{due})"
        for due in ("first_response_due_at", "resolution_due_at")
    },
}
_COLUMNS: Final = [column.name for column in Ticket.__table__.columns]

# $7: a JSON array of `row`s. Ids rise in the order of the rows: a sorted subquery keeps it under a lateral join.
# A ticket about a call, and naming nobody, concerns whom the call does.
CREATE: Final = f"""
with made as (
    insert into tickets as made ({", ".join(f'"{name}"' for name in _COLUMNS)})
    select {", ".join(_FOUND.get(name, f'ticket."{name}"') for name in _COLUMNS)}
    from (
        select given.ticket, given.by_tier -> score.tier as at_tier, whom.*, found.*
        from rows from (json_to_recordset($7::json) as (ticket json, by_tier json))
            with ordinality as given(ticket, by_tier, place)
        cross join lateral (
            select given.ticket ->> 'handle_kind' as handle_kind, given.ticket ->> 'handle_value' as handle_value
        ) as named
        left join lateral (
            select handle_kind, handle_value from calls
            where named.handle_kind is null and call_id = given.ticket ->> 'call_id' limit 1
        ) as call on true
        cross join lateral (
            select coalesce(named.handle_kind, call.handle_kind) as handle_kind,
                coalesce(named.handle_value, call.handle_value) as handle_value
        ) as whom
        cross join lateral {resolution("whom.handle_kind", "whom.handle_value")} as found
        left join customer_scores as score on score.customer_id = found.customer_id
        order by given.place
    ) as placed
    cross join lateral json_populate_record(null::tickets, placed.ticket) as ticket
    returning made.id, made.customer_id, made.resolution, ticket_document(made) as document
),
told as ({_TOLD}),
recorded as ({_RECORDED}),
again as ({looking_again("made")}),
{_KEPT}
select id, document::text from made order by id
"""


def row(ticket: Mapping[str, Any], by_tier: Mapping[Tier, Mapping[str, Any]]) -> dict[str, Any]:
    """A ticket to be inserted: its columns, and those that differ for each tier its customer may turn out to have."""
    return {"ticket": ticket, "by_tier": by_tier}


async def insert_ticket(request: Request, row: dict[str, Any]) -> Response:
    """Insert one ticket in a transaction of its own. Raises Replayed when the request's key has been used."""
    made = await fast.execute(request, CREATE, msgspec.json.encode([row]).decode())
    assert made is not None
    return Told(made["document"], 1).answer(location=f"/v1/tickets/{made['id']}")


async def insert_tickets(connection: asyncpg.Connection, rows: Sequence[dict[str, Any]]) -> list[asyncpg.Record]:
    """Insert tickets in the connection's transaction; id and document of each, in the order of the rows."""
    payload = msgspec.json.encode(rows).decode()
    return list(await connection.fetch(CREATE, outbox.origin(), *fast.NO_CLAIM, payload))
