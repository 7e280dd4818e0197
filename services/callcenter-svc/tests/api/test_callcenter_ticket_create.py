import asyncio
import uuid
from typing import Any

import pytest
from sqlalchemy import text

from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed

TICKET: dict[str, Any] = {
    "type": "inquiry",
    "subject": "Where is my order?",
    "body": "It was due yesterday.",
    "channel": "phone",
    "store_id": "31",
    "order": {"external_id": "31198570044", "source": "tcj"},
    "tags": ["late"],
    "custom": {"mood": "calm", "tries": 2},
}


async def customer(database: Database, *handles: tuple[str, str], tier: str | None = None) -> uuid.UUID:
    id_ = uuid.uuid4()
    async with database.begin() as session:
        for kind, value in (*handles, ("id", str(id_))):
            await session.execute(
                text("insert into customer_handles values (:kind, :value, :id)"),
                {"kind": kind, "value": value, "id": id_},
            )
        if tier:
            await session.execute(
                text("insert into customer_scores (customer_id, tier, computed_at) values (:id, :tier, now())"),
                {"id": id_, "tier": tier},
            )
    return id_


def phone() -> str:
    return f"+1415{uuid.uuid4().int % 10**7:07d}"


async def ticket_events(client: TestClient, database: Database, ticket_id: str) -> list[Any]:
    feed = await read_feed(client, database, "callcenter")
    return [event for event in feed if event.source == f"/v1/tickets/{ticket_id}"]


async def test_the_hot_answer_is_what_get_answers(client: TestClient, database: Database) -> None:
    number = phone()
    id_ = await customer(database, ("phone", number), tier="gold")
    made = await client.post("/v1/tickets", json=TICKET | {"customer": {"phone": number}})
    assert made.status_code == 201, made.text
    got = await client.get(made.headers["location"])
    assert got.json() == made.json()
    assert got.headers["etag"] == made.headers["etag"] == '"1"'
    assert made.json()["customer"] == {
        "id": str(id_),
        "handle": {"phone": number},
        "resolution": "resolved",
        "candidates": [],
        "decided_by": "rule",
    }
    assert (made.json()["priority"], made.json()["status"]) == ("high", "new")


async def test_every_optional_part_comes_back(client: TestClient) -> None:
    complaint = {"dealer": "Corner shop", "root_cause": None, "corrective_action": "Cooler repaired"}
    whole = TICKET | {
        "type": "complaint",
        "severity": "critical",
        "priority": "low",
        "product": {"id": str(uuid.uuid4())},
        "call_id": "pbx-1",
        "brand": "north",
        "assignee": "ana",
        "complaint": complaint | {"compensation": {"amount": 500, "currency": "USD"}},
        "customer": {"external_id": "a:b/c", "source": "tcj"},
    }
    made = (await client.post("/v1/tickets", json=whole)).json()
    assert {name: made[name] for name in whole if name != "customer"} == {
        name: whole[name] for name in whole if name != "customer"
    }
    assert made["customer"]["handle"] == {"external_id": "a:b/c", "source": "tcj"}
    assert (await client.get(f"/v1/tickets/{made['id']}")).json() == made


async def test_the_event_is_the_ticket(client: TestClient, database: Database) -> None:
    made = (await client.post("/v1/tickets", json=TICKET)).json()
    (event,) = await ticket_events(client, database, made["id"])
    assert event.type == "perennial.ticket.created.v1"
    assert event.read(dict[str, Any]) == made


async def test_a_name_of_two_customers_is_ambiguous(client: TestClient, database: Database) -> None:
    number = phone()
    ids = sorted([str(await customer(database, ("phone", number))) for _ in range(2)])
    made = (await client.post("/v1/tickets", json=TICKET | {"customer": {"phone": number}})).json()
    assert made["customer"] == {
        "id": None,
        "handle": {"phone": number},
        "resolution": "ambiguous",
        "candidates": ids,
        "decided_by": "rule",
    }


@pytest.mark.parametrize("handle", [{"phone": "anonymous"}, {"phone": "104"}, {"email": "ana@corp.local"}])
async def test_no_complaint_is_lost_to_a_name_that_cannot_be_read(client: TestClient, handle: dict[str, str]) -> None:
    made = await client.post("/v1/tickets", json=TICKET | {"customer": handle})
    assert made.status_code == 201, made.text
    assert (made.json()["customer"]["handle"], made.json()["customer"]["resolution"]) == (handle, "pending")


async def test_an_id_not_known_yet_is_kept_and_shown(client: TestClient) -> None:
    id_ = str(uuid.uuid4())
    made = (await client.post("/v1/tickets", json=TICKET | {"customer": {"id": id_}})).json()
    assert (made["customer"]["id"], made["customer"]["resolution"]) == (id_, "pending")


async def test_a_ticket_about_a_call_concerns_whom_the_call_does(client: TestClient, database: Database) -> None:
    number, call_id = phone(), uuid.uuid4().hex
    id_ = await customer(database, ("phone", number))
    event = {"call_id": call_id, "type": "ringing", "at": "2026-06-01T12:00:00Z", "from": number}
    call = (await client.post("/v1/call-events", json=event)).json()
    made = (await client.post("/v1/tickets", json=TICKET | {"call_id": call_id})).json()
    assert made["customer"] == call["customer"]
    assert made["customer"]["id"] == str(id_)
    named = (await client.post("/v1/tickets", json=TICKET | {"call_id": call_id, "customer": {"card": "1"}})).json()
    assert named["customer"]["handle"] == {"card": "1"}


async def test_who_made_a_ticket_is_on_record(client: TestClient) -> None:
    one = (await client.post("/v1/tickets", json=TICKET)).json()
    batch = (await client.post("/v1/tickets/batch", json={"items": [TICKET, TICKET]})).json()["data"]
    for id_ in (one["id"], *(result["id"] for result in batch)):
        acts = (await client.get("/v1/audit/callcenter", params={"resource": f"/v1/tickets/{id_}"})).json()["data"]
        assert [act["action"] for act in acts] == ["create_ticket"]
        assert acts[0]["actor"]
        assert acts[0]["request_id"]


async def test_a_repeated_request_is_answered_as_the_first(client: TestClient, database: Database) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = await client.post("/v1/tickets", json=TICKET, headers=key)
    again = await client.post("/v1/tickets", json=TICKET, headers=key)
    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.headers["location"], again.headers["etag"]) == (first.headers["location"], first.headers["etag"])
    assert len(await ticket_events(client, database, first.json()["id"])) == 1


async def test_a_key_with_another_body_is_refused(client: TestClient) -> None:
    key = {"Idempotency-Key": f'"{uuid.uuid4().hex}"'}
    await client.post("/v1/tickets", json=TICKET, headers=key)
    other = await client.post("/v1/tickets", json=TICKET | {"subject": "Another"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_twins_at_once_have_one_effect(client: TestClient, database: Database) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    answers = await asyncio.gather(*(client.post("/v1/tickets", json=TICKET, headers=key) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert len(await ticket_events(client, database, answers[0].json()["id"])) == 1


async def test_a_refused_request_keeps_no_key(client: TestClient) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    assert (await client.post("/v1/tickets", json={"type": "inquiry"}, headers=key)).status_code == 422
    assert (await client.post("/v1/tickets", json=TICKET, headers=key)).status_code == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"colour": "red"}, "/colour"),
        ({"type": "rant"}, "/type"),
        ({"subject": ""}, "/subject"),
        ({"body": 3}, "/body"),
        ({"tags": "late"}, "/tags"),
        ({"customer": {"phone": 104}}, "/customer/phone"),
        (
            {"type": "complaint", "complaint": {"compensation": {"amount": 1, "currency": "ZZZ"}}},
            "/complaint/compensation/currency",
        ),
        ({"customer": {"phone": "+14155550100", "card": "1"}}, "/customer"),
        ({"order": {"source": "tcj"}}, "/order"),
        ({"complaint": {}}, ""),
    ],
)
async def test_a_wrong_body_is_told_where(client: TestClient, change: dict[str, Any], pointer: str) -> None:
    answer = await client.post("/v1/tickets", json=TICKET | change)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


async def test_what_cannot_be_read_is_400_and_what_is_no_json_415(client: TestClient) -> None:
    json = {"content-type": "application/json"}
    assert (await client.post("/v1/tickets", content=b"{", headers=json)).status_code == 400
    plain = {"content-type": "text/plain"}
    assert (await client.post("/v1/tickets", content=b"hello", headers=plain)).status_code == 415
    nul = await client.post("/v1/tickets", json=TICKET | {"subject": "a\x00b"})
    assert nul.status_code == 422


async def test_a_batch_makes_the_valid_ones(client: TestClient, database: Database) -> None:
    number = phone()
    id_ = await customer(database, ("phone", number))
    items = [
        TICKET | {"customer": {"phone": number}},
        TICKET | {"type": "rant"},
        "no ticket at all",
        TICKET | {"customer": {"phone": 104}},
        TICKET | {"subject": "The last"},
    ]
    answer = await client.post("/v1/tickets/batch", json={"items": items})
    assert answer.status_code == 200, answer.text
    results = answer.json()["data"]
    assert [result["status"] for result in results] == [201, 422, 422, 422, 201]
    assert results[0]["ticket"]["customer"]["id"] == str(id_)
    assert results[1]["problem"]["errors"][0]["pointer"] == "/type"
    assert results[4]["ticket"]["subject"] == "The last"
    assert len(await ticket_events(client, database, results[4]["ticket"]["id"])) == 1


async def test_a_character_that_cannot_be_kept_refuses_its_item_alone(client: TestClient) -> None:
    items = [TICKET, TICKET | {"custom": {"note": ["fine", "a\u0000b"]}}, TICKET | {"subject": "Third"}]
    answer = await client.post("/v1/tickets/batch", json={"items": items})
    assert answer.status_code == 200, answer.text
    made, refused, last = answer.json()["data"]
    assert (made["status"], refused["status"], last["status"]) == (201, 422, 201)
    assert refused["problem"]["errors"][0]["pointer"] == "/custom/note/1"
    assert last["ticket"]["subject"] == "Third"


async def test_a_batch_is_idempotent(client: TestClient) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first = await client.post("/v1/tickets/batch", json={"items": [TICKET]}, headers=key)
    again = await client.post("/v1/tickets/batch", json={"items": [TICKET]}, headers=key)
    assert again.content == first.content


async def test_personal_data_is_masked_without_the_scope(client: TestClient) -> None:
    key = {"Idempotency-Key": uuid.uuid4().hex}
    masked = client.acting_as("tickets:write", "tickets:read")
    ticket = TICKET | {"customer": {"phone": "+14155550177"}}
    first = await masked.post("/v1/tickets", json=ticket, headers=key)
    again = await masked.post("/v1/tickets", json=ticket, headers=key)
    assert first.json()["customer"]["handle"] == {"phone": "+*********77"}
    assert again.content == first.content
    whole = await client.get(first.headers["location"])
    assert whole.json()["customer"]["handle"] == {"phone": "+14155550177"}
