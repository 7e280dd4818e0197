import asyncio
import csv
import io
import uuid
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import text

from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed

START = datetime(2026, 6, 1, 12, tzinfo=UTC)
RINGING = {"type": "ringing", "direction": "inbound", "from": "(415) 555-0100", "to": "+18005550199"}
ANSWERED = {"type": "answered", "agent": "ana"}
TRANSFERRED = {"type": "transferred", "from": "+18005550199", "to": "104", "agent": "ben"}
ENDED = {"type": "ended", "recording_url": "https://pbx.example/1.wav", "disposition": "resolved"}
LIFE = [RINGING, ANSWERED, TRANSFERRED, ENDED]


def at(second: int) -> str:
    return (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")


async def post(client: TestClient, call_id: str, event: dict[str, Any], second: int) -> dict[str, Any]:
    answer = await client.post("/v1/call-events", json={"call_id": call_id, "at": at(second)} | event)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def new_id() -> str:
    return f"pbx-{uuid.uuid4().hex}"


def facts(call: dict[str, Any]) -> dict[str, Any]:
    """What a call is, without what each telling of it has of its own."""
    own = ("id", "call_id", "version", "created_at", "updated_at")
    return {name: value for name, value in call.items() if name not in own}


async def test_any_order_and_repetition_of_events_make_the_same_call(client: TestClient) -> None:
    told = []
    for order in permutations(enumerate(LIFE)):
        call_id = new_id()
        for second, event in (*order, order[0]):
            call = await post(client, call_id, event, second)
        told.append(facts(call))
    assert all(call == told[0] for call in told)
    assert (told[0]["status"], told[0]["from"], told[0]["to"], told[0]["agent"]) == (
        "ended", "+14155550100", "+18005550199", "ben"
    )  # fmt: skip
    assert told[0]["answered_at"] == "2026-06-01T12:00:01.000000Z"


async def test_the_earliest_stamped_number_and_direction_stay(client: TestClient) -> None:
    call_id = new_id()
    await post(client, call_id, {"type": "answered", "from": "+12025550100", "direction": "outbound"}, 1)
    call = await post(client, call_id, {"type": "ringing", "from": "+12137770622", "direction": "inbound"}, 0)
    assert (call["from"], call["direction"], call["status"]) == ("+12137770622", "inbound", "answered")
    assert call["customer"]["handle"] == {"phone": "+12137770622"}


async def test_an_event_of_the_future_counts_from_its_arrival(client: TestClient) -> None:
    call_id = new_id()
    future = {"type": "ringing", "at": "2099-01-01T00:00:00Z"}
    ringing = (await client.post("/v1/call-events", json={"call_id": call_id} | future)).json()
    assert ringing["ringing_at"] < "2099"
    answered = {"type": "answered", "at": datetime.now(UTC).isoformat()}
    call = (await client.post("/v1/call-events", json={"call_id": call_id} | answered)).json()
    assert call["status"] == "answered"
    again = (await client.post("/v1/call-events", json={"call_id": call_id} | future)).json()
    assert again == call


@pytest.mark.parametrize("number", ["anonymous", "(null)", "*67", "0000", "104", "unknown"])
async def test_a_withheld_or_internal_number_is_nobodys_handle(client: TestClient, number: str) -> None:
    call = await post(client, new_id(), {"type": "ringing", "from": number}, 0)
    assert (call["from"], call["customer"]) == (number, None)


async def test_an_event_is_kept_as_it_came_and_once(client: TestClient, database: Database) -> None:
    call_id = new_id()
    for _ in range(3):
        await post(client, call_id, RINGING | {"leg": "a"}, 0)
    async with database.begin() as session:
        rows = await session.execute(
            text("select source, leg, event from call_events where call_id = :id"), {"id": call_id}
        )
        ((source, leg, event),) = rows.all()
    assert (source, leg, event["from"]) == ("api", "a", "(415) 555-0100")


async def test_events_at_once_are_all_in_the_call(client: TestClient, database: Database) -> None:
    call_id = new_id()
    await asyncio.gather(*(post(client, call_id, event, second) for second, event in enumerate(LIFE * 3)))
    (call,) = (await client.get("/v1/calls", params={"call_id": call_id})).json()["data"]
    assert (call["status"], call["agent"], call["from"]) == ("ended", "ben", "+14155550100")
    feed = [e for e in await read_feed(client, database, "callcenter") if e.source == f"/v1/calls/{call['id']}"]
    versions = [event.read(dict[str, Any])["version"] for event in feed]
    assert versions == list(range(1, call["version"] + 1))
    assert feed[-1].read(dict[str, Any]) == call


async def test_a_call_is_told_by_events_of_its_own(client: TestClient, database: Database) -> None:
    call_id = new_id()
    for second, event in enumerate(LIFE):
        call = await post(client, call_id, event, second)
    again = await post(client, call_id, ENDED, 3)
    assert again == call
    feed = [e for e in await read_feed(client, database, "callcenter") if e.source == f"/v1/calls/{call['id']}"]
    assert [e.type for e in feed] == [
        "perennial.call.started.v1", "perennial.call.updated.v1", "perennial.call.updated.v1", "perennial.call.ended.v1"
    ]  # fmt: skip


async def test_an_outbound_call_concerns_whom_it_goes_to(client: TestClient) -> None:
    outbound = {"type": "ringing", "direction": "outbound", "from": "+18005550199", "to": "+14155550123"}
    call = await post(client, new_id(), outbound, 0)
    assert call["customer"]["handle"] == {"phone": "+14155550123"}
    assert call["customer"]["resolution"] == "pending"


async def test_a_disposition_noted_outlasts_late_events(client: TestClient) -> None:
    call_id = new_id()
    call = await post(client, call_id, RINGING, 0)
    noted = await client.patch(f"/v1/calls/{call['id']}", json={"disposition": "sale"}, headers={"If-Match": '"1"'})
    assert noted.json()["disposition"] == "sale"
    (entry,) = (await client.get("/v1/audit/callcenter", params={"resource": f"/v1/calls/{call['id']}"})).json()["data"]
    assert entry["action"] == "patch_call"
    assert (await post(client, call_id, ENDED, 3))["disposition"] == "sale"
    assert (await client.get(f"/v1/calls/{call['id']}")).headers["etag"] == '"3"'
    stale = await client.patch(f"/v1/calls/{call['id']}", json={"disposition": "x"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_a_repeated_request_is_answered_as_the_first(client: TestClient) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"call_id": new_id(), "at": at(0)} | RINGING
    first = await client.post("/v1/call-events", json=body, headers=key)
    await post(client, body["call_id"], ENDED, 3)
    again = await client.post("/v1/call-events", json=body, headers=key)
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    other = await client.post("/v1/call-events", json=body | {"agent": "ana"}, headers=key)
    assert other.status_code == 422


async def test_twins_at_once_have_one_effect(client: TestClient) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    body = {"call_id": new_id(), "at": at(0)} | RINGING
    answers = await asyncio.gather(*(client.post("/v1/call-events", json=body, headers=key) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"type": "sung"},
        {"at": "yesterday"},
        {"at": 1780000000},
        {"at": "2026-06-01T12:00:00"},
        {"at": "0001-01-01T00:00:00+14:00"},
        {"at": "9999-12-31T23:59:59-12:00"},
        {"caller": "x"},
    ],
)
async def test_a_wrong_event_is_refused(client: TestClient, change: dict[str, Any]) -> None:
    answer = await client.post("/v1/call-events", json={"call_id": new_id(), "at": at(0)} | RINGING | change)
    assert answer.status_code == 422


async def test_lists_and_masks(client: TestClient) -> None:
    call = await post(client, new_id(), RINGING, 0)
    masked = client.acting_as("tickets:read")
    (seen,) = (await masked.get("/v1/calls", params={"call_id": call["call_id"]})).json()["data"]
    assert seen["from"] == "+*********00"
    assert seen["customer"]["handle"] == {"phone": "+*********00"}
    table = await client.get("/v1/calls", params={"call_id": call["call_id"]}, headers={"Accept": "text/csv"})
    (row,) = csv.DictReader(io.StringIO(table.text))
    assert row["from"].lstrip("'") == "+14155550100"
    unknown = await client.get(f"/v1/calls/{uuid.uuid4()}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "call_not_found")
