"""Who gets in, and what is kept of who did not."""

import asyncio

import httpx
import pytest

from gateway.access.scopes import Scope

IN_TIME_S = 10


async def until(condition) -> None:
    """Wait until the awaited condition holds."""
    async with asyncio.timeout(IN_TIME_S):
        while not await condition():  # noqa: ASYNC110 - it comes true in the server, which tells nobody
            await asyncio.sleep(0.02)


@pytest.fixture
async def anonymous(gateway_url):
    async with httpx.AsyncClient(base_url=gateway_url) as client:
        yield client


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "Bearer pk_nobody_000"},
        {"X-API-Key": "nothing like a key"},
        {"X-API-Key": "pk_" + "x" * 5000},
    ],
)
async def test_who_is_not_known_is_told_how_to_be(anonymous, upstream, headers) -> None:
    answer = await anonymous.get("/v1/customers", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["ratelimit-policy"].startswith('"anonymous"')
    assert not upstream.requests


async def test_a_key_that_is_not_known_and_a_path_that_is_not_there_say_where_to_look(
    http, anonymous, upstream
) -> None:
    refused = await anonymous.get("/v1/customers", headers={"X-API-Key": "pk_nobody_000"})
    assert "POST /v1/clients" in refused.json()["detail"]
    for path in ("/", "/v1/costumers"):
        nowhere = await http.get(path)
        assert nowhere.status_code == 404
        assert "/docs" in nowhere.json()["detail"]
    assert (await http.get("/docs")).status_code == 200


async def test_either_header_carries_the_key(anonymous, upstream, make_client) -> None:
    made = await make_client(Scope.CUSTOMERS_READ)
    for headers in ({"Authorization": f"Bearer {made.key}"}, {"X-API-Key": made.key}):
        assert (await anonymous.get("/v1/customers", headers=headers)).status_code == 200


async def test_a_missing_scope_is_named(anonymous, upstream, make_client) -> None:
    made = await make_client(Scope.CUSTOMERS_READ)
    headers = {"X-API-Key": made.key}
    for method, path, scope in (
        ("POST", "/v1/customers", "customers:write"),
        ("GET", "/v1/customers/1/scores", "segments:read"),
        ("GET", "/v1/clients", "admin"),
    ):
        answer = await anonymous.request(method, path, headers=headers)
        assert (answer.status_code, answer.json()["code"], answer.json()["scope"]) == (403, "forbidden", scope)
    assert not upstream.requests


async def test_the_limit(anonymous, upstream, make_client) -> None:
    made = await make_client(Scope.CUSTOMERS_READ, requests_per_minute=2)
    answers = [await anonymous.get("/v1/customers", headers={"X-API-Key": made.key}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit"].split(";")[1] for answer in answers] == ["r=1", "r=0", "r=0"]
    assert answers[2].json()["code"] == "too_many_requests"
    assert 1 <= int(answers[2].headers["retry-after"]) <= 30


async def test_a_revoked_key_stops_working(anonymous, http, upstream, make_client) -> None:
    made = await make_client(Scope.CUSTOMERS_READ)

    async def refused() -> bool:
        return (await anonymous.get("/v1/customers", headers={"X-API-Key": made.key})).status_code == 401

    assert not await refused()
    assert (await http.delete(f"/v1/clients/{made.client.id}")).status_code == 204
    await until(refused)


async def test_a_revocation_that_nobody_told_of_is_found(anonymous, upstream, make_client, database) -> None:
    made = await make_client(Scope.CUSTOMERS_READ)

    async def refused() -> bool:
        return (await anonymous.get("/v1/customers", headers={"X-API-Key": made.key})).status_code == 401

    assert not await refused()
    async with database.connection() as connection:
        await connection.execute("update clients set revoked_at = now() where id = $1", made.client.id)
    await until(refused)


async def test_changed_scopes_apply(anonymous, http, upstream, make_client) -> None:
    made = await make_client(Scope.CUSTOMERS_READ)

    async def allowed() -> bool:
        return (await anonymous.get("/v1/scores", headers={"X-API-Key": made.key})).status_code == 200

    assert not await allowed()
    await http.patch(f"/v1/clients/{made.client.id}", json={"scopes": ["segments:read"]})
    await until(allowed)


async def test_refused_attempts_are_kept_added_up(anonymous, http, upstream, make_client, database) -> None:
    made = await make_client(Scope.CUSTOMERS_READ)
    for _ in range(20):
        await anonymous.post("/v1/customers", headers={"X-API-Key": made.key})

    async def counted() -> bool:
        async with database.connection() as connection:
            row = await connection.fetchrow(
                "select sum(count) as attempts, count(*) as rows from audit where actor = $1", str(made.client.id)
            )
        assert row["rows"] < 20
        return row["attempts"] == 20

    await until(counted)
    page = (await http.get("/v1/audit/gateway", params={"actor": str(made.client.id)})).json()["data"]
    assert {(entry["action"], entry["resource"], entry["detail"]) for entry in page} == {
        ("refuse_access", "/v1/customers", "forbidden")
    }
    assert sum(entry["count"] for entry in page) == 20


async def test_no_encoding_of_a_private_path_passes_as_public(anonymous, upstream) -> None:
    for path in ("/%76%31/clients", "/docs/%2e%2e/v1/clients", "/v1%2fclients"):
        assert (await anonymous.get(path)).status_code in (400, 404)
    assert (await anonymous.get("/v1/clients")).status_code == 401
