"""Profiles through the API."""

import asyncio
import base64
import json
import uuid
from typing import Any
from urllib.parse import quote

import pytest

from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed


def unique(prefix: str = "c") -> str:
    return f"{prefix}-{uuid.uuid4()}"


def new(**more: Any) -> dict[str, Any]:
    return {"external_id": unique(), "source": "shop", "name": "Anna Müller"} | more


async def create(client: TestClient, **more: Any) -> dict[str, Any]:
    response = await client.post("/v1/customers", json=new(**more))
    assert response.status_code == 201, response.text
    document: dict[str, Any] = response.json()
    return document


async def test_a_created_customer_is_read_and_told_by_an_event(client: TestClient, database: Database) -> None:
    card, phone = unique("card"), f"+1555{uuid.uuid4().int % 10**7:07d}"
    attributes = {"age_band": {"value": "35-44", "source": "third_party", "collected_at": "2017-01-01T00:00:00Z"}}
    made = await create(client, cards=[card], phones=[phone], emails=["Anna@Example.com"], attributes=attributes)
    read = await client.get(f"/v1/customers/{made['id']}")
    assert read.json() == made
    assert read.headers["etag"] == '"1"'
    assert made["phones"] == [phone]
    assert made["emails"] == ["anna@example.com"]
    assert made["attributes"]["age_band"]["source"] == "third_party"
    [event] = [e for e in await read_feed(client, database, "customer") if e.subject == made["id"]]
    assert event.type == "perennial.customer.created.v1"
    assert event.read(dict) == made


async def test_every_handle_finds_the_customer(client: TestClient) -> None:
    card, mail = unique("card"), f"{unique()}@example.com"
    made = await create(client, cards=[card], emails=[mail], external_id=unique("a/b c"))
    external = made["external_ids"][0]["external_id"]
    for params in ({"card": card}, {"email": mail.upper()}, {"external_id": external, "source": "shop"}):
        found = await client.get("/v1/customers/lookup", params=params)
        assert [each["id"] for each in found.json()["data"]] == [made["id"]]
    by_path = await client.get(f"/v1/customers/ext:shop:{quote(external, safe='')}")
    assert by_path.json()["id"] == made["id"]
    nobody = await client.get("/v1/customers/lookup", params={"card": unique()})
    assert nobody.json() == {"data": [], "next_cursor": None}


async def test_a_shared_phone_finds_the_household(client: TestClient) -> None:
    phone = f"+1444{uuid.uuid4().int % 10**7:07d}"
    ids = {(await create(client, phones=[phone]))["id"] for _ in range(2)}
    found = (await client.get("/v1/customers/lookup", params={"phone": phone})).json()
    assert ({each["id"] for each in found["data"]}, found["next_cursor"]) == (ids, None)


async def test_a_lookup_pages_and_streams(client: TestClient) -> None:
    phone, path = f"+1444{uuid.uuid4().int % 10**7:07d}", "/v1/customers/lookup"
    ids = [(await create(client, phones=[phone]))["id"] for _ in range(3)]
    first = (await client.get(path, params={"phone": phone, "limit": 2})).json()
    rest = (await client.get(path, params={"phone": phone, "limit": 2, "cursor": first["next_cursor"]})).json()
    assert [each["id"] for each in first["data"] + rest["data"]] == ids
    assert rest["next_cursor"] is None
    lines = (await client.get(path, params={"phone": phone}, headers={"accept": "application/x-ndjson"})).text
    assert [json.loads(line)["id"] for line in lines.splitlines()] == ids
    table = (await client.get(path, params={"phone": phone}, headers={"accept": "text/csv"})).text
    assert [line[:36] for line in table.splitlines()[1:]] == ids


async def test_a_taken_identifier_names_its_holder(client: TestClient) -> None:
    card = unique("card")
    first = await create(client, cards=[card])
    for body in (new(cards=[card]), new(external_id=first["external_ids"][0]["external_id"])):
        response = await client.post("/v1/customers", json=body)
        assert (response.status_code, response.json()["code"]) == (409, "identifier_taken")
        assert response.json()["existing_id"] == first["id"]
        params = {"external_id": body["external_id"], "source": "shop"}
        left = (await client.get("/v1/customers/lookup", params=params)).json()["data"]
        assert [each["id"] for each in left] in ([], [first["id"]])


async def test_of_many_who_create_one_customer_one_succeeds(client: TestClient) -> None:
    body = new(cards=[unique("card")])
    answers = await asyncio.gather(*(client.post("/v1/customers", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"phones": ["call me"]}, "invalid_request"),
        ({"emails": ["nobody"]}, "invalid_request"),
        ({"source": "Shop!"}, "invalid_request"),
        ({"kind": "robot"}, "invalid_request"),
        ({"attributes": {"Age": {"value": 1}}}, "invalid_request"),
        ({"phone": "+15551234567"}, "invalid_request"),
    ],
)
async def test_a_wrong_field_is_refused(client: TestClient, body: dict[str, Any], code: str) -> None:
    response = await client.post("/v1/customers", json=new(**body))
    assert (response.status_code, response.json()["code"]) == (422, code)


async def test_a_patch_merges_and_raises_the_version(client: TestClient, database: Database) -> None:
    made = await create(client, attributes={"a": {"value": 1}, "b": {"value": 2}})
    path = f"/v1/customers/{made['id']}"
    changed = await client.patch(path, json={"name": "王小明", "attributes": {"a": None}}, headers={"if-match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json()["name"] == "王小明"
    assert set(changed.json()["attributes"]) == {"b"}
    assert (await client.patch(path, json={"name": "王小明"})).json()["version"] == 2
    assert (await client.patch(path, json={"name": None})).json()["name"] is None
    assert (await client.patch(path, json={"name": "x"}, headers={"if-match": '"1"'})).status_code == 412
    events = [e for e in await read_feed(client, database, "customer") if e.subject == made["id"]]
    assert [e.read(dict)["version"] for e in events] == [1, 2, 3]


async def test_a_patch_of_an_attribute_leaves_the_rest_of_it(client: TestClient) -> None:
    whole = {
        "value": {"from": 35, "to": 44},
        "source": "third_party",
        "channel": "survey",
        "collected_at": "2017-01-01T00:00:00Z",
        "verified_at": "2017-01-02T00:00:00Z",
    }
    made = await create(client, attributes={"age": whole, "other": {"value": 1, "source": "partner"}})

    async def patch(**attributes: Any) -> dict[str, Any]:
        answer = await client.patch(f"/v1/customers/{made['id']}", json={"attributes": attributes})
        document: dict[str, Any] = answer.json()
        return document

    assert (await patch(age={}))["version"] == 1
    changed = await patch(age={"value": {"to": 49}, "verified_at": None})
    age = made["attributes"]["age"] | {"value": {"from": 35, "to": 49}, "verified_at": None}
    assert changed["attributes"] == made["attributes"] | {"age": age}
    changed = await patch(age={"source": "own"}, fresh={"value": "x"})
    assert (changed["attributes"]["age"]["source"], changed["attributes"]["fresh"]["source"]) == ("own", "own")
    assert changed["attributes"]["age"]["channel"] == "survey"
    for wrong in ({"fresher": {"channel": "shop"}}, {"age": {"value": None}}, {"age": {"source": None}}):
        refused = await patch(**wrong)
        assert (refused["status"], refused["code"]) == (422, "invalid_request")
        assert refused["errors"][0]["pointer"].startswith(f"/attributes/{next(iter(wrong))}/")


async def test_search_finds_names_of_any_script(client: TestClient) -> None:
    mark = uuid.uuid4().hex[:6]
    for name in (f"王小明 {mark}", f"Jürgen Müller {mark}", f"Мария Иванова {mark}"):
        await create(client, name=name)
    for q, name in (("王小", "王小明"), (f"jurgen muller {mark}", "Jürgen"), ("иванова", "Мария")):
        found = await client.get("/v1/customers", params={"q": q, "limit": 500})
        assert any(mark in each["name"] and name in each["name"] for each in found.json()["data"]), q


async def test_a_batch_answers_item_by_item(client: TestClient) -> None:
    card = unique("card")
    items = [new(cards=[card]), {"name": 3}, new(cards=[card]), new(phones=["x"]), new()]
    response = await client.post("/v1/customers/batch", json={"items": items})
    results = response.json()["data"]
    assert [result["status"] for result in results] == [201, 422, 409, 422, 201]
    assert results[2]["problem"]["existing_id"] == results[0]["id"]
    assert results[1]["problem"]["errors"][0]["pointer"] == "/name"


async def test_an_item_with_a_nul_is_refused_alone(client: TestClient) -> None:
    items = [new(), new(attributes={"city": {"value": ["x", "Köl\0n"]}}), new()]
    results = (await client.post("/v1/customers/batch", json={"items": items})).json()["data"]
    assert [result["status"] for result in results] == [201, 422, 201]
    assert [error["pointer"] for error in results[1]["problem"]["errors"]] == ["/attributes/city/value/1"]


async def test_identifiers_come_and_go(client: TestClient) -> None:
    made, other = await create(client), await create(client)
    path, card = f"/v1/customers/{made['id']}/identifiers", unique("card")
    added = await client.post(path, json={"kind": "card", "value": card})
    assert {"kind": "card", "source": "", "value": card} in added.json()["data"]
    taken = await client.post(f"/v1/customers/{other['id']}/identifiers", json={"kind": "card", "value": card})
    assert (taken.status_code, taken.json()["existing_id"]) == (409, made["id"])
    assert (await client.delete(path, params={"kind": "card", "value": card})).status_code == 204
    assert (await client.delete(path, params={"kind": "card", "value": card})).status_code == 404
    assert (await client.get(f"/v1/customers/{made['id']}")).json()["version"] == 3


async def test_identifiers_page_and_stream(client: TestClient) -> None:
    mail = f"{unique()}@example.com"
    made = await create(client, cards=[unique("card"), unique("card")], phones=["+15551234567"], emails=[mail])
    path = f"/v1/customers/{made['id']}/identifiers"
    whole = (await client.get(path)).json()
    assert ([each["kind"] for each in whole["data"]], whole["next_cursor"]) == (
        ["card", "card", "email", "external_id", "phone"],
        None,
    )
    paged, cursor = [], None
    while cursor is not None or not paged:
        page = (await client.get(path, params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        paged, cursor = paged + page["data"], page["next_cursor"]
    assert paged == whole["data"]
    lines = (await client.get(path, headers={"accept": "application/x-ndjson"})).text
    assert [json.loads(line) for line in lines.splitlines()] == whole["data"]
    table = (await client.get(path, headers={"accept": "text/csv"})).text
    assert (table.splitlines()[0], len(table.splitlines())) == ("kind,source,value", 6)
    assert (await client.get(f"/v1/customers/{uuid.uuid4()}/identifiers")).status_code == 404


async def test_a_cursor_over_identifiers_tells_none_of_them(client: TestClient) -> None:
    made = await create(client, phones=["+15551234567", "+15551234568"])
    reader = client.acting_as("customers:read")
    page = (await reader.get(f"/v1/customers/{made['id']}/identifiers", params={"limit": 2})).json()
    assert "1234567" not in str(page["data"])
    assert "1234567" not in base64.urlsafe_b64decode(page["next_cursor"] + "==").decode()


async def test_personal_values_are_masked_without_the_scope(client: TestClient) -> None:
    made = await create(client, phones=["+15551234567"])
    seen = (await client.acting_as("customers:read").get(f"/v1/customers/{made['id']}")).json()
    assert seen["phones"] == ["+*********67"]
    assert {**seen, "phones": made["phones"]} == made


async def test_every_fault_of_a_customer_is_told_at_once(client: TestClient) -> None:
    refused = await client.post("/v1/customers", json={"phones": ["123"], "emails": ["nope"], "kind": "alien"})
    assert {(fault["pointer"], fault["code"]) for fault in refused.json()["errors"]} == {
        ("/phones/0", "wrong_format"),
        ("/emails/0", "wrong_format"),
        ("/kind", "not_one_of"),
    }


async def test_a_search_within_a_set(client: TestClient) -> None:
    made = [(await client.post("/v1/customers", json={"name": "Ida Zweifel"})).json()["id"] for _ in range(2)]
    found = (await client.get("/v1/customers", params={"q": "Ida Zweifel", "ids": made[0]})).json()["data"]
    assert [each["id"] for each in found] == made[:1]
