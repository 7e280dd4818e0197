"""A POST with an Idempotency-Key has one effect."""

import asyncio
import uuid

from crmkit.testing import TestClient


async def test_the_same_request_again_gets_the_first_answer(client: TestClient) -> None:
    key, body = {"idempotency-key": str(uuid.uuid4())}, {"name": f"{uuid.uuid4()}"}
    first = await client.post("/v1/things", json=body, headers=key)
    again = await client.post("/v1/things", json=body, headers={"idempotency-key": f'"{key["idempotency-key"]}"'})
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotency-replayed" not in first.headers


async def test_another_body_under_the_key_is_refused(client: TestClient) -> None:
    key = {"idempotency-key": str(uuid.uuid4())}
    await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers=key)
    other = await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_twins_at_once_have_one_effect(client: TestClient) -> None:
    key, body = {"idempotency-key": str(uuid.uuid4())}, {"name": f"{uuid.uuid4()}"}
    answers = await asyncio.gather(*(client.post("/v1/things", json=body, headers=key) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1


async def test_a_refused_request_may_be_repaired_under_its_key(client: TestClient) -> None:
    name = f"{uuid.uuid4()}"
    await client.post("/v1/things", json={"name": name})
    key = {"idempotency-key": str(uuid.uuid4())}
    assert (await client.post("/v1/things", json={"name": name}, headers=key)).status_code == 409
    assert (await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers=key)).status_code == 201


async def test_keys_of_two_clients_do_not_meet(client: TestClient) -> None:
    key = {"idempotency-key": str(uuid.uuid4())}
    first = await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers=key)
    other = await client.acting_as("x").post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers=key)
    assert first.json()["id"] != other.json()["id"]


async def test_a_replay_is_masked_by_the_callers_present_scopes(client: TestClient) -> None:
    key, body = {"idempotency-key": str(uuid.uuid4())}, {"name": f"{uuid.uuid4()}", "phone": "+15551234567"}
    first = await client.acting_as("customers:pii", client_id="one").post("/v1/things", json=body, headers=key)
    again = await client.acting_as(client_id="one").post("/v1/things", json=body, headers=key)
    assert first.json()["phone"] == "+15551234567"
    assert again.json()["phone"] == "+*********67"
