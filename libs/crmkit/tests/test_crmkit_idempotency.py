"""A POST with an Idempotency-Key has one effect."""

import asyncio
import uuid
from collections.abc import AsyncIterator

from fastapi import FastAPI
from httpx import Response
from sqlalchemy import text

from crmkit.data.db import Database
from crmkit.testing import ADMIN, Service, TestClient, eventually
from crmkit.work import retention

CLAIM = text("insert into idempotency values (:client, :method, :path, :key, :fingerprint)")


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
    other = await client.acting_as("things:write").post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers=key)
    assert first.json()["id"] != other.json()["id"]


async def test_a_replay_is_masked_by_the_callers_present_scopes(client: TestClient) -> None:
    key, body = {"idempotency-key": str(uuid.uuid4())}, {"name": f"{uuid.uuid4()}", "phone": "+15551234567"}
    first = await client.acting_as("things:write", "customers:pii", client_id="one").post(
        "/v1/things", json=body, headers=key
    )
    again = await client.acting_as("things:write", client_id="one").post("/v1/things", json=body, headers=key)
    assert first.json()["phone"] == "+15551234567"
    assert again.json()["phone"] == "+*********67"


async def test_a_twin_waits_for_the_first_and_then_gives_up(
    client: TestClient, database: Database, service: Service
) -> None:
    app: FastAPI = service.app(client.app.state.settings.model_copy(update={"lock_timeout_ms": 100}))
    claim = {"client": ADMIN.client_id, "method": "POST", "key": f"{uuid.uuid4()}", "fingerprint": b"x"}
    async with app.router.lifespan_context(app), database.begin() as first:
        impatient = TestClient(app, client.key, ADMIN)
        for path in ("/v1/things", "/v1/quick-things"):
            await first.execute(CLAIM, claim | {"path": path})
            twin = await impatient.post(path, json={"name": "twin"}, headers={"idempotency-key": claim["key"]})
            assert (twin.status_code, twin.json()["code"]) == (409, "idempotency_in_flight")
            assert twin.headers["retry-after"] == "1"


async def test_a_twin_of_a_request_that_failed_goes_on(client: TestClient, database: Database) -> None:
    key = f"{uuid.uuid4()}"
    claim = {"client": ADMIN.client_id, "method": "POST", "path": "/v1/things", "key": key, "fingerprint": b"x"}

    claimed = asyncio.Event()

    async def first() -> None:
        async with database.begin() as session:
            await session.execute(CLAIM, claim)
            claimed.set()
            await eventually(lambda: waits_for_a_lock(database))
            await session.rollback()

    failing = asyncio.create_task(first())
    await claimed.wait()
    twin = await client.post("/v1/things", json={"name": key}, headers={"idempotency-key": key})
    await failing
    assert twin.status_code == 201
    assert "idempotency-replayed" not in twin.headers


async def test_a_streamed_body_is_known_by_its_digest(client: TestClient) -> None:
    key = {"idempotency-key": f"{uuid.uuid4()}"}

    async def upload(*blocks: bytes) -> Response:
        async def body() -> AsyncIterator[bytes]:
            for block in blocks:
                yield block

        return await client.post("/v1/uploads", content=body(), headers=key)

    first = await upload(b"+1555", b"1234567")
    again = await upload(b"+15551234567")
    other = await upload(b"+1555", b"7654321")
    assert first.status_code == 201, first.text
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_streamed_body_has_no_limit_here(client: TestClient) -> None:
    assert (await client.post("/v1/uploads", content=b"5" * 3_000_000)).status_code == 201


async def test_a_key_is_one_paths_and_one_querys(client: TestClient) -> None:
    key = {"idempotency-key": f"{uuid.uuid4()}"}
    things = [(await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"})).json()["id"] for _ in range(2)]
    for thing in things:
        grown = await client.post(f"/v1/things/{thing}/grow", headers=key)
        assert grown.json()["version"] == 2
    first, second = things
    swap = {"first": first, "second": second}
    assert (await client.post("/v1/things/swap", params=swap, headers=key)).status_code == 200
    other = await client.post("/v1/things/swap", params={"first": second, "second": first}, headers=key)
    assert other.json()["code"] == "idempotency_key_reused"


async def test_answers_are_forgotten_after_a_day(client: TestClient, database: Database) -> None:
    key = {"idempotency-key": f"{uuid.uuid4()}"}
    first = await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers=key)
    async with database.begin() as session:
        await session.execute(text("update idempotency set created_at = now() - interval '25 hours'"))
    async with database.transaction() as connection:
        await retention.forget_answers(connection, [])
    other = await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers=key)
    assert (first.status_code, other.status_code) == (201, 201)


async def waits_for_a_lock(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(await connection.fetchval("select count(*) from pg_locks where not granted"))
