import asyncio
import csv
import io
import uuid
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from callcenter.tickets.schemas import Message, Ticket
from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed

TICKET: dict[str, Any] = {"type": "inquiry", "subject": "Hours?", "body": "When do you open?", "channel": "chat"}


async def new_ticket(client: TestClient, **change: Any) -> dict[str, Any]:
    answer = await client.post("/v1/tickets", json=TICKET | change)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def act(client: TestClient, ticket: dict[str, Any], action: str, **more: Any) -> dict[str, Any]:
    answer = await client.post(f"/v1/tickets/{ticket['id']}/actions", json={"action": action} | more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def reply(client: TestClient, ticket: dict[str, Any], by: str, **more: Any) -> dict[str, Any]:
    body = {"author_kind": by, "body": "Hello"} | more
    answer = await client.post(f"/v1/tickets/{ticket['id']}/messages", json=body)
    assert answer.status_code == 201, answer.text
    return dict((await client.get(f"/v1/tickets/{ticket['id']}")).json())


async def test_a_ticket_goes_through_its_life(client: TestClient) -> None:
    ticket = await new_ticket(client)
    answered = await reply(client, ticket, "agent", author="ana")
    assert (answered["status"], answered["message_count"], answered["version"]) == ("open", 1, 2)
    assert answered["sla"]["first_responded_at"] is not None
    waiting = await act(client, ticket, "pend")
    assert waiting["sla"]["paused"] is True
    reopened = await reply(client, ticket, "customer")
    assert (reopened["status"], reopened["sla"]["paused"]) == ("open", False)
    assert reopened["sla"]["resolution_due_at"] > waiting["sla"]["resolution_due_at"]
    await act(client, ticket, "solve")
    closed = await act(client, ticket, "close")
    assert closed["status"] == "closed"
    assert (await reply(client, ticket, "customer"))["status"] == "open"
    Ticket.model_validate(closed, extra="forbid")


async def test_a_note_moves_nothing(client: TestClient) -> None:
    ticket = await new_ticket(client)
    noted = await reply(client, ticket, "agent", kind="note")
    assert (noted["status"], noted["sla"]["first_responded_at"]) == ("new", None)


async def test_an_action_out_of_place_names_what_is_allowed(client: TestClient) -> None:
    ticket = await new_ticket(client)
    answer = await client.post(f"/v1/tickets/{ticket['id']}/actions", json={"action": "close"})
    assert (answer.status_code, answer.json()["code"]) == (409, "action_not_allowed")
    assert "solve" in answer.json()["allowed"]


async def test_an_action_is_taken_on_the_version_it_was_meant_for(client: TestClient) -> None:
    ticket = await new_ticket(client)
    path = f"/v1/tickets/{ticket['id']}/actions"
    done = await client.post(path, json={"action": "solve"}, headers={"If-Match": '"1"'})
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    stale = await client.post(path, json={"action": "reopen"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    unreadable = await client.post(path, json={"action": "reopen"}, headers={"If-Match": "1"})
    assert unreadable.status_code == 400
    told = (await client.get("/openapi.json")).json()["paths"]["/v1/tickets/{ticket_id}/actions"]["post"]
    assert "If-Match" in {parameter["name"] for parameter in told["parameters"]}


async def test_who_changed_a_ticket_is_on_record(client: TestClient) -> None:
    ticket = await new_ticket(client)
    path = f"/v1/tickets/{ticket['id']}"
    await client.patch(path, json={"severity": "low"})
    await reply(client, ticket, "agent")
    await act(client, ticket, "solve")
    acts = (await client.get("/v1/audit/callcenter", params={"resource": path})).json()["data"]
    assert [act["action"] for act in reversed(acts)] == [
        "create_ticket",
        "patch_ticket",
        "create_ticket_message",
        "solve_ticket",
    ]
    assert all(act["actor"] and act["request_id"] for act in acts)


async def test_a_message_is_meant_for_the_version_it_names(client: TestClient) -> None:
    ticket = await new_ticket(client)
    path, body = f"/v1/tickets/{ticket['id']}/messages", {"author_kind": "agent", "body": "Hello"}
    assert (await client.post(path, json=body, headers={"If-Match": '"1"'})).status_code == 201
    stale = await client.post(path, json=body, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert len((await client.get(path)).json()["data"]) == 1


async def test_a_message_is_told_with_what_delivers_it(client: TestClient, database: Database) -> None:
    ticket = await new_ticket(client, customer={"email": "ana@example.com"})
    path = f"/v1/tickets/{ticket['id']}/messages"
    told = []
    for kind in ("reply", "note"):
        body = {"kind": kind, "author_kind": "agent", "author": "ben", "body": "Hello"}
        answer = await client.post(path, json=body)
        told.append(answer.json())
    assert told[0] == {
        "id": told[0]["id"],
        "version": 1,
        "ticket_id": ticket["id"],
        "ticket_number": ticket["number"],
        "subject": ticket["subject"],
        "channel": ticket["channel"],
        "customer": ticket["customer"],
        "kind": "reply",
        "author_kind": "agent",
        "author": "ben",
        "body": "Hello",
        "created_at": told[0]["created_at"],
    }
    feed = await read_feed(client, database, "callcenter")
    for message in told:
        (event,) = [event for event in feed if event.source == f"/v1/ticket-messages/{message['id']}"]
        assert event.type == "perennial.ticket_message.created.v1"
        assert event.read(dict[str, Any]) == message
    assert (await client.get(path)).json()["data"] == told


async def test_assigning_and_escalating(client: TestClient) -> None:
    ticket = await new_ticket(client)
    assigned = await act(client, ticket, "assign", assignee="ana")
    assert (assigned["assignee"], assigned["status"]) == ("ana", "open")
    escalated = await act(client, ticket, "escalate", assignee="ben")
    assert (escalated["priority"], escalated["assignee"]) == ("high", "ben")
    assert escalated["sla"]["resolution_due_at"] < ticket["sla"]["resolution_due_at"]


async def test_an_escalation_lasts_until_the_priority_is_cleared(client: TestClient) -> None:
    ticket = await new_ticket(client)
    assert (await act(client, ticket, "escalate"))["priority"] == "high"
    path = f"/v1/tickets/{ticket['id']}"
    assert (await client.patch(path, json={"severity": "low"})).json()["priority"] == "high"
    assert (await client.patch(path, json={"priority": None})).json()["priority"] == "low"


@pytest.mark.parametrize(
    "body",
    [{"action": "assign"}, {"action": "solve", "assignee": "ana"}, {"action": "merge"}, {}],
)
async def test_a_wrong_action_is_refused(client: TestClient, body: dict[str, Any]) -> None:
    ticket = await new_ticket(client)
    assert (await client.post(f"/v1/tickets/{ticket['id']}/actions", json=body)).status_code == 422


async def test_a_merge_patch_sets_clears_and_keeps(client: TestClient) -> None:
    ticket = await new_ticket(
        client, type="complaint", custom={"a": 1, "b": {"c": 2, "d": 3}}, tags=["x"], store_id="31",
        complaint={"dealer": "Corner shop", "root_cause": "Cooler"},
    )  # fmt: skip
    patch = {
        "subject": "Opening hours",
        "custom": {"a": None, "b": {"c": 5}},
        "complaint": {"dealer": None, "compensation": {"amount": 500, "currency": "USD"}},
        "tags": None,
        "product": {"external_id": "9", "source": "tcj"},
    }
    answer = await client.patch(f"/v1/tickets/{ticket['id']}", json=patch, headers={"If-Match": '"1"'})
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert answer.headers["etag"] == '"2"'
    assert (changed["subject"], changed["store_id"], changed["tags"]) == ("Opening hours", "31", [])
    assert changed["custom"] == {"b": {"c": 5, "d": 3}}
    assert changed["complaint"] == {
        "dealer": None,
        "root_cause": "Cooler",
        "compensation": {"amount": 500, "currency": "USD"},
        "corrective_action": None,
    }
    assert changed["product"] == {"external_id": "9", "source": "tcj"}
    stale = await client.patch(f"/v1/tickets/{ticket['id']}", json=patch, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_priority_follows_severity_until_it_is_given(client: TestClient) -> None:
    ticket = await new_ticket(client)
    path = f"/v1/tickets/{ticket['id']}"
    assert (await client.patch(path, json={"severity": "critical"})).json()["priority"] == "urgent"
    assert (await client.patch(path, json={"priority": "low"})).json()["priority"] == "low"
    assert (await client.patch(path, json={"severity": "high"})).json()["priority"] == "low"
    assert (await client.patch(path, json={"priority": None})).json()["priority"] == "high"


async def test_only_a_complaint_has_a_complaint_part(client: TestClient) -> None:
    ticket = await new_ticket(client)
    answer = await client.patch(f"/v1/tickets/{ticket['id']}", json={"complaint": {"dealer": "x"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_complaint")


async def test_a_ticket_past_its_promise_is_breached(client: TestClient, database: Database) -> None:
    ticket = await new_ticket(client)
    assert ticket["sla"]["breached"] is False
    async with database.begin() as session:
        late = "update tickets set first_response_due_at = now() - interval '1 hour' where id = :id"
        await session.execute(text(late), {"id": ticket["id"]})
    assert (await client.get(f"/v1/tickets/{ticket['id']}")).json()["sla"]["breached"] is True


async def test_writers_at_once_raise_the_version_one_by_one(client: TestClient, database: Database) -> None:
    ticket = await new_ticket(client)
    path = f"/v1/tickets/{ticket['id']}"
    patches = (client.patch(path, json={"subject": f"Subject {n}"}) for n in range(10))
    replies = (client.post(f"{path}/messages", json={"author_kind": "agent", "body": "Hi"}) for _ in range(10))
    answers = await asyncio.gather(*patches, *replies)
    assert {answer.status_code for answer in answers} == {200, 201}
    feed = [e for e in await read_feed(client, database, "callcenter") if e.source == path]
    assert [event.read(dict[str, Any])["version"] for event in feed] == list(range(1, 22))
    assert feed[-1].read(dict[str, Any]) == (await client.get(path)).json()


async def test_lists_page_filter_and_stream(client: TestClient) -> None:
    store = uuid.uuid4().hex
    made = [await new_ticket(client, store_id=store, subject=f"No {n}") for n in range(5)]
    first = (await client.get("/v1/tickets", params={"store_id": store, "limit": 3})).json()
    rest = (
        await client.get("/v1/tickets", params={"store_id": store, "limit": 3, "cursor": first["next_cursor"]})
    ).json()
    assert first["data"] + rest["data"] == made[::-1]
    assert rest["next_cursor"] is None
    ndjson = await client.get(
        "/v1/tickets", params={"store_id": store, "sort": "created_at"}, headers={"Accept": "application/x-ndjson"}
    )
    assert [msgspec.json.decode(line) for line in ndjson.content.splitlines()] == made
    table = await client.get("/v1/tickets", params={"store_id": store}, headers={"Accept": "text/csv"})
    assert [row["subject"] for row in csv.DictReader(io.StringIO(table.text))][-1] == "No 0"
    none = await client.get("/v1/tickets", params={"store_id": store, "status": "solved"})
    assert none.json() == {"data": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tag", "late"),
        ("type", "complaint"),
        ("priority", "urgent"),
        ("assignee", "ana"),
        ("call_id", "pbx-1"),
        ("resolution", "pending"),
        ("severity", "low"),
        ("created_at_gte", "2020-01-01T00:00:00Z"),
    ],
)
async def test_a_list_is_filtered_by_each_field(client: TestClient, name: str, value: str) -> None:
    store = uuid.uuid4().hex
    wanted = await new_ticket(
        client, store_id=store, type="complaint", priority="urgent", assignee="ana", call_id="pbx-1", severity="low",
        tags=["x", "late"],
        customer={"card": uuid.uuid4().hex},
    )  # fmt: skip
    other = await new_ticket(client, store_id=store)
    listed = (await client.get("/v1/tickets", params={"store_id": store, name: value})).json()["data"]
    expected = [other["id"], wanted["id"]] if name == "created_at_gte" else [wanted["id"]]
    assert [ticket["id"] for ticket in listed] == expected


async def test_filters_are_repeated_and_ask_for_none(client: TestClient) -> None:
    store = uuid.uuid4().hex
    taken, free, done = [await new_ticket(client, store_id=store, assignee=name) for name in ("ana", None, None)]
    await act(client, done, "solve")

    async def listed(*params: tuple[str, str]) -> dict[str, Any]:
        answer = await client.get("/v1/tickets", params=[("store_id", store), *params])
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ids(*params: tuple[str, str]) -> list[str]:
        return [ticket["id"] for ticket in (await listed(*params))["data"]]

    assert await ids(("status", "new"), ("status", "solved")) == [done["id"], free["id"], taken["id"]]
    assert await ids(("assignee", "null"), ("status", "new")) == [free["id"]]
    assert await ids(("number", str(taken["number"]))) == [taken["id"]]
    assert await ids(("sort", "number"), ("ids", f"{done['id']},{taken['id']}")) == [taken["id"], done["id"]]
    assert (await listed(("count", "true"), ("limit", "1")))["total"] == 3


@pytest.mark.parametrize("value", ["0.5", "1780000000", "yesterday", "2026-06-01"])
async def test_an_instant_is_written_as_rfc3339(client: TestClient, value: str) -> None:
    assert (await client.get("/v1/tickets", params={"created_at_lt": value})).status_code == 422


async def test_messages_are_listed_in_order(client: TestClient) -> None:
    ticket = await new_ticket(client)
    await reply(client, ticket, "customer", body="First")
    await reply(client, ticket, "agent", body="Second")
    page = (await client.get(f"/v1/tickets/{ticket['id']}/messages")).json()
    assert [Message.model_validate(message, extra="forbid").body for message in page["data"]] == ["First", "Second"]


@pytest.mark.parametrize("path", ["", "/messages"])
async def test_a_ticket_that_is_not_there_is_404_and_no_id_422(client: TestClient, path: str) -> None:
    unknown = await client.get(f"/v1/tickets/{uuid.uuid4()}{path}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "ticket_not_found")
    assert (await client.get(f"/v1/tickets/seventeen{path}")).status_code == 422
