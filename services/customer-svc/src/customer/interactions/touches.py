"""Interactions that are made of other services' events, in sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from customer.intake import NO_CAUSE, Cause
from customer.interactions import repository

_PUT: Final = """
insert into interactions as i (customer_id, id, version, kind, occurred_at, summary, channel, resource)
select n.customer_id, n.id, n.version, n.kind, n.occurred_at, n.summary, n.channel, n.resource
from json_populate_recordset(null::interactions, $1::json) as n join customers c on c.id = n.customer_id
on conflict (customer_id, id) do update
set version = excluded.version, kind = excluded.kind, summary = excluded.summary, channel = excluded.channel,
    resource = excluded.resource
where i.version < excluded.version
returning i.customer_id, i.id
"""


@dataclass(frozen=True, slots=True)
class Touch:
    """What another service tells of a customer; `version` settles which of two tellings of it is the newer."""

    customer_id: UUID
    id: UUID
    kind: str
    occurred_at: datetime
    summary: str
    channel: str | None = None
    version: int = 1
    resource: str | None = None
    cause: Cause = NO_CAUSE


async def put(connection: asyncpg.Connection, touches: Sequence[Touch]) -> None:
    """Keep the newest telling of each, where it first stood, and write the events of what is new.

    Those of customers unknown here are left out.
    """
    newest = {(t.customer_id, t.id): t for t in sorted(touches, key=lambda touch: touch.version)}
    rows = msgspec.json.encode([newest[key] for key in sorted(newest)]).decode()
    keys = [(row[0], row[1]) for row in await connection.fetch(_PUT, rows)]
    await repository.tell_known(connection, keys, [newest[key].cause for key in keys])
