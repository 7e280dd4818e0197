"""A hot request is one statement, with the habits of all others."""

import asyncio
import uuid
from typing import Any

import pytest

from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed

JSON = {"content-type": "application/json"}


async def test_one_statement_is_effect_event_and_answer(client: TestClient, database: Database) -> None:
    name, key = f"{uuid.uuid4()}", f"{uuid.uuid4()}"
    made = await client.post("/v1/quick-things", json={"name": name, "size": 3}, headers={"idempotency-key": key})
    assert made.status_code == 201
    thing = (await client.get(made.headers["location"])).json()
    assert made.json() == {"id": thing["id"], "name": name}
    event = (await read_feed(client, database, "sample"))[-1]
    assert (event.source, event.read(dict)) == (made.headers["location"], made.json())
    again = await client.post("/v1/quick-things", json={"name": name, "size": 3}, headers={"idempotency-key": key})
    assert (again.status_code, again.content) == (201, made.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.headers["content-type"], again.headers["location"]) == (JSON["content-type"], event.source)


async def test_twins_at_once_have_one_effect(client: TestClient, database: Database) -> None:
    name, key = f"{uuid.uuid4()}", {"idempotency-key": f"{uuid.uuid4()}"}
    sent = [client.post("/v1/quick-things", json={"name": name}, headers=key) for _ in range(12)]
    answers = await asyncio.gather(*sent)
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    events = await read_feed(client, database, "sample")
    assert sum(event.read(dict)["name"] == name for event in events) == 1


async def test_another_body_under_the_key_is_refused(client: TestClient) -> None:
    key = {"idempotency-key": f"{uuid.uuid4()}"}
    await client.post("/v1/quick-things", json={"name": f"{uuid.uuid4()}"}, headers=key)
    other = await client.post("/v1/quick-things", json={"name": f"{uuid.uuid4()}"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_without_a_key_nothing_is_kept(client: TestClient) -> None:
    names = [f"{uuid.uuid4()}" for _ in range(2)]
    ids = {(await client.post("/v1/quick-things", json={"name": name})).json()["id"] for name in names}
    assert len(ids) == 2


async def test_a_refused_statement_leaves_its_key_free(client: TestClient) -> None:
    key = {"idempotency-key": f"{uuid.uuid4()}"}
    refused = await client.post("/v1/quick-things", json={"name": "nul\0"}, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert (await client.post("/v1/quick-things", json={"name": f"{uuid.uuid4()}"}, headers=key)).status_code == 201


@pytest.mark.parametrize(
    ("sent", "status", "code", "pointer"),
    [
        ({"json": {"name": "x", "colour": "red"}}, 422, "invalid_request", "/colour"),
        ({"json": {"size": 1}}, 422, "invalid_request", "/name"),
        ({"json": {"name": "x", "size": "big"}}, 422, "invalid_request", "/size"),
        ({"json": [1]}, 422, "invalid_request", ""),
        ({"content": b"", "headers": JSON}, 422, "invalid_request", ""),
        ({"content": b"{", "headers": JSON}, 400, "invalid_json", None),
        ({"content": b'{"name":"\\ud800"}', "headers": JSON}, 400, "invalid_json", None),
        ({"content": b"name=x"}, 415, "unsupported_media_type", None),
        ({"json": {"name": "x"}, "headers": {"idempotency-key": "é".encode()}}, 400, "invalid_header", None),
    ],
)
async def test_a_wrong_body_is_the_same_problem_as_elsewhere(
    client: TestClient, sent: dict[str, Any], status: int, code: str, pointer: str | None
) -> None:
    for path in ("/v1/quick-things", "/v1/things"):
        answer = await client.post(path, **sent)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        if pointer is not None:
            assert answer.json()["errors"][0]["pointer"] == pointer
