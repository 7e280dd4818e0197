"""What only shows on a real connection."""

import asyncio
import uuid
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from crmkit import telemetry
from crmkit.data.db import Database
from crmkit.settings import Settings
from crmkit.testing import TestClient, eventually


async def blocks(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 65_536


async def test_a_body_without_length_is_refused_at_the_limit(served: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    for path in ("/v1/things", "/v1/quick-things"):
        answer = await served.post(path, content=blocks(17), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    within = await served.post("/v1/things", content=blocks(15), headers=headers)
    assert (within.status_code, within.json()["code"]) == (400, "invalid_json")


async def test_a_declared_length_over_the_limit_is_refused_unread(served: httpx.AsyncClient) -> None:
    answer = await served.post("/v1/things", content=b"x" * 1_048_577)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert (await served.get("/v1/things")).status_code == 200


async def test_a_streamed_upload_has_no_limit(served: httpx.AsyncClient) -> None:
    assert (await served.post("/v1/uploads", content=blocks(64))).status_code == 201


@pytest.mark.parametrize("accept", ["application/x-ndjson", "text/csv"])
async def test_a_client_that_leaves_a_stream_gives_its_connection_back(
    served: httpx.AsyncClient, client: TestClient, database: Database, accept: str
) -> None:
    async with database.begin() as session:
        await session.execute(
            text("insert into things (name, phone) select uuidv7(), repeat('5', 500) from generate_series(1, 20000)")
        )
    pool = client.app.state.database.engine.pool
    kept_at_hand = pool.checkedout()
    for _ in range(3):
        async with served.stream("GET", "/v1/things", headers={"accept": accept}) as answer:
            await anext(answer.aiter_bytes())
            assert pool.checkedout() == kept_at_hand + 1

    async def all_are_back() -> bool:
        return bool(pool.checkedout() == kept_at_hand)

    await eventually(all_are_back, within_s=5)
    async with database.begin() as session:
        await session.execute(text("delete from things where phone = repeat('5', 500)"))


async def test_a_fault_after_the_answer_began_breaks_it_off(served: httpx.AsyncClient) -> None:
    async with served.stream("GET", "/v1/half-answer") as answer:
        assert answer.status_code == 200
        received = answer.aiter_bytes()
        assert await anext(received) == b"half an answer\n"
        with pytest.raises(httpx.RemoteProtocolError):
            await anext(received)


async def test_a_fault_tells_nothing_of_the_house(served: httpx.AsyncClient) -> None:
    answer = await served.get("/v1/fault")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "The fault is logged under this request_id."
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


async def test_metrics_are_on_the_internal_listener_only(
    served: httpx.AsyncClient, settings: Settings, free_port: int
) -> None:
    assert (await served.get("/metrics")).status_code == 404
    server = telemetry.serve_metrics(settings.model_copy(update={"metrics_port": free_port}))
    assert server is not None
    async with httpx.AsyncClient() as internal:
        answer = await internal.get(f"http://127.0.0.1:{free_port}/metrics")
    server.shutdown()
    assert 'http_requests_total{method="GET",route="unmatched",status="404"}' in answer.text


async def test_requests_are_counted_by_route(client: TestClient) -> None:
    def counted(route: str) -> float:
        labels = {"method": "GET", "route": route, "status": "404"}
        return REGISTRY.get_sample_value("http_requests_total", labels) or 0

    before = counted("/v1/things/{id}")
    for _ in range(3):
        await client.get(f"/v1/things/{uuid.uuid4()}")
    assert counted("/v1/things/{id}") == before + 3


@pytest.mark.parametrize("given", ["", "x" * 129, "caf\u00e9"])
async def test_an_unusable_request_id_is_replaced(client: TestClient, given: str) -> None:
    answer = await client.get("/healthz", headers={"x-request-id": given.encode()})
    assert len(answer.headers["x-request-id"]) == 32


async def test_many_at_once_are_served_by_few_connections(served: httpx.AsyncClient) -> None:
    made = await asyncio.gather(
        *(served.post("/v1/quick-things", json={"name": f"{uuid.uuid4()}"}) for _ in range(200))
    )
    assert {answer.status_code for answer in made} == {201}
