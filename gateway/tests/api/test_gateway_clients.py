"""`/v1/clients`."""

import uuid

import pytest


def new_name() -> str:
    return f"c-{uuid.uuid4().hex[:12]}"


async def test_the_key_is_shown_once(http, upstream) -> None:
    made = await http.post("/v1/clients", json={"name": new_name(), "scopes": ["tickets:write", "tickets:read"]})
    assert made.status_code == 201
    client = made.json()
    assert client["scopes"] == ["tickets:read", "tickets:write"]
    assert client["requests_per_minute"] == 6000
    shown = await http.get(made.headers["location"])
    assert "key" not in shown.json()
    assert shown.json()["key_hint"].endswith(client["key"][-4:])
    assert (await http.get("/v1/scores", headers={"Authorization": f"Bearer {client['key']}"})).status_code == 403


async def test_a_repeated_request_makes_one_client_and_keeps_no_key(http, upstream, database) -> None:
    body, key = {"name": new_name(), "scopes": ["tickets:read"]}, uuid.uuid4().hex
    first = await http.post("/v1/clients", json=body, headers={"Idempotency-Key": key})
    again = await http.post("/v1/clients", json=body, headers={"Idempotency-Key": key})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json() | {"key": None}
    async with database.connection() as connection:
        kept = await connection.fetchval("select body from idempotency where key = $1", key)
    assert first.json()["key"].encode() not in kept


async def test_a_name_is_taken_until_it_is_revoked(http, upstream) -> None:
    body = {"name": new_name(), "scopes": ["tickets:read"]}
    first = (await http.post("/v1/clients", json=body)).json()
    taken = await http.post("/v1/clients", json=body)
    assert (taken.status_code, taken.json()["existing_id"]) == (409, first["id"])
    assert (await http.delete(f"/v1/clients/{first['id']}")).status_code == 204
    assert (await http.post("/v1/clients", json=body)).status_code == 201
    assert (await http.get(f"/v1/clients/{first['id']}")).status_code == 404
    listed = (await http.get("/v1/clients", params={"name": body["name"]})).json()["data"]
    assert [client["revoked_at"] is None for client in listed] == [True, False]


async def test_changes_ask_for_the_present_version(http, upstream) -> None:
    made = await http.post("/v1/clients", json={"name": new_name(), "scopes": ["tickets:read"]})
    path = made.headers["location"]
    changed = await http.patch(path, json={"requests_per_minute": 7}, headers={"If-Match": made.headers["etag"]})
    assert (changed.json()["requests_per_minute"], changed.json()["scopes"]) == (7, ["tickets:read"])
    stale = await http.patch(path, json={"requests_per_minute": 8}, headers={"If-Match": made.headers["etag"]})
    assert stale.status_code == 412


async def test_a_revocation_asks_for_the_present_version(http, upstream) -> None:
    path = (await http.post("/v1/clients", json={"name": new_name(), "scopes": ["tickets:read"]})).headers["location"]
    read = (await http.get(path)).headers["etag"]
    await http.patch(path, json={"requests_per_minute": 7})
    assert (await http.delete(path, headers={"If-Match": read})).status_code == 412
    present = (await http.get(path)).headers["etag"]
    assert (await http.delete(path, headers={"If-Match": present})).status_code == 204
    assert (await http.delete(path, headers={"If-Match": present})).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["everything"]},
        {"name": "No Spaces", "scopes": ["admin"]},
        {"name": "x", "scopes": ["admin"], "requests_per_minute": 0},
        {"name": "x", "scopes": ["admin"], "color": "red"},
    ],
)
async def test_wrong_bodies(http, upstream, body) -> None:
    assert (await http.post("/v1/clients", json=body)).status_code == 422


async def test_a_change_to_nothing_known(http, upstream) -> None:
    assert (await http.patch(f"/v1/clients/{uuid.uuid4()}", json={"scopes": ["admin"]})).status_code == 404
    assert (await http.get("/v1/clients/abc")).status_code == 422
    assert (await http.patch(f"/v1/clients/{uuid.uuid4()}", json={"scopes": None})).status_code == 422
