"""Requests that need no client are limited too: public ones, and those that lead nowhere."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from crmkit.data.db import Database
from gateway.access.scopes import Scope
from gateway.main import create_app
from gateway.proxy.edge import Edge

LIMIT = 3

Visitor = Callable[[], httpx.AsyncClient]


@pytest.fixture(scope="module")
async def strict_edge(gateway_settings) -> AsyncIterator[Edge]:
    """A gateway that takes three anonymous requests a minute of each peer."""
    edge = create_app(gateway_settings.model_copy(update={"anonymous_per_minute": LIMIT}))
    async with edge.app.router.lifespan_context(edge.app):
        yield edge


@pytest.fixture(scope="module")
def visitor(strict_edge) -> Visitor:
    """Gives a client at an address of its own."""
    numbers = itertools.count(1)

    def visit() -> httpx.AsyncClient:
        transport = httpx.ASGITransport(strict_edge, client=(f"10.0.0.{next(numbers)}", 1))
        return httpx.AsyncClient(transport=transport, base_url="http://gateway")

    return visit


async def statuses(client: httpx.AsyncClient, path: str, times: int, **headers: str) -> list[int]:
    url = httpx.URL("http://gateway", raw_path=path.encode())
    return [(await client.get(url, headers=headers)).status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/readyz", 200),
        ("/openapi.json", 200),
        ("/docs", 200),
        ("/docs/nothing.js", 404),
        ("/nothing", 404),
        ("/v1/nothing", 404),
        ("/v1/customers/%2e%2e/clients", 400),
        ("/v1/customers", 401),
    ],
)
async def test_a_peer_is_limited_on_every_path(visitor, upstream, path, status) -> None:
    async with visitor() as client:
        assert await statuses(client, path, LIMIT + 1) == [status] * LIMIT + [429]
        assert (await client.get(path)).headers["retry-after"]


async def test_whether_it_lives_is_told_without_end(visitor, upstream) -> None:
    async with visitor() as client:
        assert await statuses(client, "/nothing", LIMIT + 1) == [404] * LIMIT + [429]
        assert await statuses(client, "/healthz", LIMIT + 1) == [200] * (LIMIT + 1)


async def test_a_known_client_spends_its_own_limit_once_a_request(visitor, upstream, make_client) -> None:
    made = await make_client(Scope.CUSTOMERS_READ, requests_per_minute=5)
    async with visitor() as client:
        paths = ("/v1/customers", "/docs", "/v1/nothing", "/v1/customers/a%5cb", "/v1/customers", "/v1/customers")
        found = [(await statuses(client, path, 1, **{"X-API-Key": made.key}))[0] for path in paths]
    assert found == [200, 200, 404, 400, 200, 429]


async def test_a_flood_of_questions_asks_each_database_once(visitor, upstream, monkeypatch) -> None:
    pings: list[Database] = []
    ping = Database.ping

    async def counted(database: Database) -> None:
        pings.append(database)
        await ping(database)

    monkeypatch.setattr(Database, "ping", counted)
    await asyncio.sleep(1)
    upstream.requests.clear()
    async with visitor() as one, visitor() as another:
        asked = [client.get("/readyz") for client in (one, another) for _ in range(LIMIT)]
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}
    assert len(pings) == 1
    assert len(upstream.requests) == 3
