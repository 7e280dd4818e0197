"""Events of other services as the call centre hears them, and what its API then tells."""

import uuid
from typing import Any

import msgspec

from callcenter.consumers import campaign, segment
from callcenter.consumers import customer as customers
from crmkit import testing
from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed
from crmkit.work import due

TICKET: dict[str, Any] = {"type": "inquiry", "subject": "Hours?", "body": "When do you open?", "channel": "chat"}

RINGING: dict[str, Any] = {"type": "ringing", "at": "2026-06-01T12:00:00Z"}
CROSS: dict[str, Any] = {"kind": "csat", "score": 1, "comment": "Anna is cross"}


def phone() -> str:
    return f"+1415{uuid.uuid4().int % 10**7:07d}"


def customer(id_: uuid.UUID, version: int = 1, **told: Any) -> testing.cloudevents.Event:
    data = {"id": str(id_), "version": version, "kind": "consumer", "name": "Anna Müller", "consents": {}} | told
    return testing.event("perennial.customer.updated.v1", data, subject=str(id_))


def erased(id_: uuid.UUID, version: int = 2) -> testing.cloudevents.Event:
    return testing.event("perennial.customer.erased.v1", {"id": str(id_), "version": version}, subject=str(id_))


def score(
    id_: uuid.UUID, tier: str, computed_at: str = "2026-01-01T00:00:00Z", **told: Any
) -> testing.cloudevents.Event:
    clv = {"amount": 12_300, "currency": "USD", "method": "bg_nbd"}
    data = {"customer_id": str(id_), "computed_at": computed_at, "pyramid": {"tier": tier, "rank": 3}, "clv": clv}
    return testing.event("perennial.score.changed.v1", data | told, subject=str(id_))


def traced(event: testing.cloudevents.Event) -> testing.cloudevents.Event:
    return msgspec.structs.replace(event, traceparent=f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01")


async def origin(client: TestClient, database: Database, source: str) -> tuple[str | None, str | None]:
    """What the last event of a resource names as its cause and trace."""
    feed = await read_feed(client, database, "callcenter")
    last = [event for event in feed if event.source == source][-1]
    return last.causationid, last.traceparent


async def hear(database: Database, *events: testing.cloudevents.Event) -> None:
    """Apply events as the worker's consumers do, in a transaction of their own."""
    async with database.begin() as session:
        for consumer in (customers, segment, campaign):
            await consumer.apply(session, list(events))


async def look_again(database: Database) -> None:
    """Have what is to be linked later linked now."""
    async with database.connection() as connection:
        await connection.execute("update due set at = now() where kind = 'link'")
    while await due.work_once(database, {"link": customers.link_again}):
        pass


async def post(client: TestClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(path, json=body)
    assert answer.is_success, answer.text
    return dict(answer.json())


async def get(client: TestClient, path: str, **params: str) -> dict[str, Any]:
    answer = await client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def versions(client: TestClient, database: Database, source: str) -> list[int]:
    feed = await read_feed(client, database, "callcenter")
    return [event.read(dict[str, Any])["version"] for event in feed if event.source == source]
