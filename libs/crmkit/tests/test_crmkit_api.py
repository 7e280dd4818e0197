"""The habits every endpoint has from the kit."""

import asyncio
import uuid
from typing import Any

import pytest

from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed


def new(**more: Any) -> dict[str, Any]:
    return {"name": f"thing {uuid.uuid4()}"} | more


async def test_a_change_answers_commits_and_emits(client: TestClient, database: Database) -> None:
    created = await client.post("/v1/things", json=new(size="1.250"), headers={"X-Request-Id": "abc"})
    assert created.status_code == 201
    assert created.headers["x-request-id"] == "abc"
    assert created.headers["etag"] == '"1"'
    thing = created.json()
    assert (await client.get(f"/v1/things/{thing['id']}")).json() == thing
    event = (await read_feed(client, database, "sample"))[-1]
    assert event.type == "perennial.thing.created.v1"
    assert event.source == f"/v1/things/{thing['id']}"
    assert event.read(dict) == thing
    assert event.requestid == "abc"
    audit = await client.get("/v1/audit/sample", params={"resource": event.source})
    assert [entry["action"] for entry in audit.json()["data"]] == ["create_thing"]


@pytest.mark.parametrize(
    ("method", "path", "sent", "status", "code"),
    [
        ("POST", "/v1/things", {"json": {"name": "x", "colour": "red"}}, 422, "invalid_request"),
        ("POST", "/v1/things", {"json": {"name": 3}}, 422, "invalid_request"),
        ("POST", "/v1/things", {"json": {"name": "a\0b"}}, 422, "invalid_request"),
        ("POST", "/v1/things", {"json": {"name": "x", "size": "1e400"}}, 422, "invalid_request"),
        ("POST", "/v1/things", {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "invalid_json"),
        (
            "POST",
            "/v1/things",
            {"content": b"\xff{", "headers": {"content-type": "application/json"}},
            400,
            "invalid_json",
        ),
        (
            "POST",
            "/v1/things",
            {"content": b"[" * 100_000, "headers": {"content-type": "application/json"}},
            400,
            "invalid_json",
        ),
        ("POST", "/v1/things", {"content": b"name=x"}, 415, "unsupported_media_type"),
        ("POST", "/v1/things", {"content": b"x" * 1_100_000}, 413, "body_too_large"),
        ("POST", "/v1/things", {}, 422, "invalid_request"),
        ("POST", "/v1/things", {"json": {"name": "k"}, "headers": {"idempotency-key": '""'}}, 400, "invalid_header"),
        ("GET", "/v1/things?colour=red", {}, 422, "invalid_request"),
        ("GET", "/v1/things?limit=501", {}, 422, "invalid_request"),
        ("GET", "/v1/things?sort=colour", {}, 422, "invalid_request"),
        ("GET", "/v1/things?name=%00", {}, 422, "invalid_request"),
        ("GET", "/v1/things?cursor=nonsense", {}, 400, "invalid_cursor"),
        ("GET", "/v1/things?cursor=WyJuYW1lIiwxLDJd", {}, 400, "invalid_cursor"),
        ("GET", "/v1/things/not-an-id", {}, 422, "invalid_request"),
        ("GET", f"/v1/things/{uuid.uuid4()}", {}, 404, "not_found"),
        ("GET", "/v1/nothing", {}, 404, "not_found"),
        ("PUT", "/v1/things", {}, 405, "method_not_allowed"),
        ("GET", "/v1/fault", {}, 500, "internal_error"),
        ("GET", "/v1/feeds/sample?after=x", {}, 400, "invalid_cursor"),
        ("GET", "/v1/feeds/sample?after=other.0000000000000001", {}, 409, "feed_epoch_changed"),
    ],
)
async def test_a_refusal_is_a_problem_document(
    client: TestClient, method: str, path: str, sent: dict[str, Any], status: int, code: str
) -> None:
    response = await client.request(method, path, **sent)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == response.headers["x-request-id"]
    assert "secret" not in response.text


async def test_a_wrong_field_is_pointed_at(client: TestClient) -> None:
    response = await client.post("/v1/things", json={"name": "x", "size": "much"})
    assert response.json()["errors"][0]["pointer"] == "/size"


async def test_without_the_gateways_token_nothing_is_answered(client: TestClient) -> None:
    for token in ("", "nonsense", client.headers["x-perennial-token"][:-4] + "AAAA"):
        response = await client.get("/v1/things", headers={"x-perennial-token": token})
        assert response.status_code == 401
        assert response.json()["code"] == "unauthenticated"
    assert (await client.get("/healthz", headers={"x-perennial-token": ""})).status_code == 200


async def test_personal_values_are_masked_for_those_without_the_scope(client: TestClient, database: Database) -> None:
    body = new(phone="+15551234567")
    created = await client.post("/v1/things", json=body)
    path = f"/v1/things/{created.json()['id']}"
    stranger = client.acting_as("things:read", "feeds:read")
    assert created.json()["phone"] == "+15551234567"
    assert (await stranger.get(path)).json()["phone"] == "+*********67"
    lines = await stranger.get("/v1/things", params={"name": body["name"]}, headers={"accept": "application/x-ndjson"})
    assert "+15551234567" not in lines.text
    feed = await read_feed(stranger, database, "sample")
    assert feed[-1].read(dict)["phone"] == "+*********67"


async def test_if_match_guards_a_change(client: TestClient) -> None:
    path = f"/v1/things/{(await client.post('/v1/things', json=new())).json()['id']}/grow"
    assert (await client.post(path, headers={"if-match": '"1"'})).json()["version"] == 2
    stale = await client.post(path, headers={"if-match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await client.post(path, headers={"if-match": "1"})).status_code == 400


async def test_pages_follow_each_other_and_streams_give_all(client: TestClient) -> None:
    made = [(await client.post("/v1/things", json=new())).json()["id"] for _ in range(7)]
    found: list[str] = []
    params: dict[str, Any] = {"limit": 3, "sort": "-created_at"}
    while not set(made) <= set(found):
        response = await client.get("/v1/things", params=params)
        assert response.status_code == 200, response.text
        page = response.json()
        found += [row["id"] for row in page["data"]]
        params["cursor"] = page["next_cursor"]
    assert [id for id in found if id in made] == made[::-1]
    assert len(found) == len(set(found))
    ndjson = await client.get("/v1/things", headers={"accept": "application/x-ndjson"})
    assert set(made) <= {line.split('"')[3] for line in ndjson.text.splitlines()}
    table = await client.get("/v1/things", headers={"accept": "text/csv"})
    assert table.text.splitlines()[0] == "id,version,name,phone,size,twin_id,created_at"


async def test_opposite_lock_orders_are_retried_and_both_succeed(client: TestClient) -> None:
    first, second = [(await client.post("/v1/things", json=new())).json()["id"] for _ in range(2)]
    answers = await asyncio.gather(
        client.post("/v1/things/swap", params={"first": first, "second": second}),
        client.post("/v1/things/swap", params={"first": second, "second": first}),
    )
    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await client.get(f"/v1/things/{first}")).json()["version"] == 3


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"name": "nul\\u0000"}', "/name"),
        (b'{"name": ["x", {"y/z": "\\u0000"}]}', "/name/1/y~1z"),
        (b'{"n\\u0000": 1}', ""),
        (b'{"name": ' + b"[" * 500 + b"]" * 500 + b"}", "/name" + "/0" * 100),
    ],
)
async def test_what_cannot_be_stored_is_refused_with_its_place(client: TestClient, body: bytes, pointer: str) -> None:
    for path in ("/v1/things", "/v1/quick-things"):
        refused = await client.post(path, content=body, headers={"content-type": "application/json"})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_an_escaped_backslash_before_u0000_is_no_nul(client: TestClient) -> None:
    body = b'{"name": "%s\\\\u0000"}' % f"{uuid.uuid4()}".encode()
    made = await client.post("/v1/things", content=body, headers={"content-type": "application/json"})
    assert made.status_code == 201


async def test_what_has_no_version_is_told_apart_by_its_content(client: TestClient) -> None:
    made = await client.post("/v1/counts", json={"to": 3})
    job = f"/v1/jobs/sample/{made.json()['id']}"
    first, again = [(await client.get(job)).headers["etag"] for _ in range(2)]
    assert first == again
    await client.delete(job)
    assert (await client.get(job)).headers["etag"] != first


async def test_consumers_are_listed_in_pages(client: TestClient) -> None:
    for _ in range(3):
        await client.acting_as("feeds:read", client_id=str(uuid.uuid4())).get("/v1/feeds/sample")
    found, params = [], {"limit": "2"}
    while True:
        page = (await client.get("/v1/feeds/sample/consumers", params=params)).json()
        found += [row["client"] for row in page["data"]]
        if page["next_cursor"] is None:
            break
        params["cursor"] = page["next_cursor"]
    assert len(found) == len(set(found)) >= 3


async def test_a_wrong_method_is_told_which_ones_the_path_takes(client: TestClient) -> None:
    refused = await client.put("/v1/things", json={})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, POST")
    assert "GET, POST" in refused.json()["detail"]


async def test_a_typing_error_is_told_in_plain_words(client: TestClient) -> None:
    refused = await client.post("/v1/things", json=new(colour="red"))
    assert refused.json()["errors"] == [{"pointer": "/colour", "detail": "unknown field", "code": "unknown_field"}]


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/things", "things:read"),
        ("POST", "/v1/things", "things:write"),
        ("GET", "/v1/feeds/sample", "feeds:read"),
        ("GET", "/v1/audit/sample", "audit:read"),
        ("GET", "/v1/jobs/sample", "things:read"),
        ("DELETE", "/v1/jobs/sample/01890000-0000-7000-8000-000000000001", "things:write"),
    ],
)
async def test_a_route_takes_its_scope(client: TestClient, method: str, path: str, scope: str) -> None:
    refused = await client.acting_as("things:other").request(method, path)
    assert (refused.status_code, refused.json()["scope"]) == (403, scope)
    assert (await client.acting_as(scope).request(method, path)).status_code != 403
