"""Interactions: of customers known and yet unknown, by id, under external ids."""

import asyncio
import json
import uuid
from typing import Any

import pytest
from customer_due import do_what_is_due
from customer_importing import Importer, ndjson

from crmkit.data.db import Database
from crmkit.events.cloudevents import Event
from crmkit.testing import TestClient, read_feed


def unique() -> str:
    return uuid.uuid4().hex


def phone() -> str:
    return f"+1222{uuid.uuid4().int % 10**7:07d}"


def touch(customer: dict[str, str], **more: Any) -> dict[str, Any]:
    about = {"kind": "visit", "occurred_at": "2017-12-07T10:00:00Z", "summary": "Asked for oat milk"}
    return about | {"customer": customer} | more


async def record(client: TestClient, customer: dict[str, str], **more: Any) -> dict[str, Any]:
    response = await client.post("/v1/interactions", json=touch(customer, **more))
    assert response.status_code == 201, response.text
    document: dict[str, Any] = response.json()
    return document


async def create(client: TestClient, **fields: Any) -> str:
    response = await client.post("/v1/customers", json=fields)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def read(client: TestClient, id: str) -> dict[str, Any]:
    document: dict[str, Any] = (await client.get(f"/v1/interactions/{id}")).raise_for_status().json()
    return document


async def on_timeline(client: TestClient, customer: str) -> list[str]:
    entries = (await client.get(f"/v1/customers/{customer}/timeline", params={"limit": 500})).json()["data"]
    return [entry["id"] for entry in entries]


async def told(client: TestClient, database: Database, id: str) -> list[Event]:
    return [e for e in await read_feed(client, database, "customer") if e.source == f"/v1/interactions/{id}"]


async def test_an_interaction_is_recorded_read_and_told(client: TestClient, database: Database) -> None:
    customer = await create(client, name="Anna")
    response = await client.post("/v1/interactions", json=touch({"id": customer}, channel="shop"))
    made = response.json()
    assert (response.status_code, response.headers["location"]) == (201, f"/v1/interactions/{made['id']}")
    assert made["customer_id"] == customer
    resolved = {"id": customer, "handle": {"id": customer}, "resolution": "resolved", "candidates": []}
    assert made["customer"] == resolved
    again = await client.get(f"/v1/interactions/{made['id']}")
    assert (again.json(), again.headers["etag"], response.headers["etag"]) == (made, '"1"', '"1"')
    listed = await client.get("/v1/interactions", params={"customer_id": customer, "kind": "visit"})
    assert listed.json()["data"] == [made]
    [event] = await told(client, database, made["id"])
    assert (event.subject, event.read(dict)) == (customer, made)
    assert (await client.get(f"/v1/interactions/{uuid.uuid4()}")).json()["code"] == "interaction_not_found"


async def test_an_unknown_id_is_refused_since_it_never_comes(client: TestClient) -> None:
    response = await client.post("/v1/interactions", json=touch({"id": str(uuid.uuid4())}))
    assert (response.status_code, response.json()["code"]) == (422, "unknown_reference")


@pytest.mark.parametrize(
    ("handle", "fields"),
    [
        ({"phone": "{}"}, {"phones": ["{}"]}),
        ({"email": "{}@example.com"}, {"emails": ["{}@EXAMPLE.com"]}),
        ({"card": "{}"}, {"cards": ["{}"]}),
        ({"external_id": "{}", "source": "shop"}, {"external_id": "{}", "source": "shop"}),
    ],
)
async def test_what_came_before_its_customer_is_linked_when_they_come(
    client: TestClient, database: Database, handle: dict[str, str], fields: dict[str, Any]
) -> None:
    name = phone() if "phone" in handle else unique()
    handle = {kind: value.replace("{}", name) for kind, value in handle.items()}
    waiting = await record(client, handle, channel="shop", external_id=unique(), source="till")
    pending = {"id": None, "handle": handle, "resolution": "pending", "candidates": []}
    assert (waiting["customer_id"], waiting["customer"], waiting["version"]) == (None, pending, 1)
    assert await read(client, waiting["id"]) == waiting
    customer = await create(client, **json.loads(json.dumps(fields).replace("{}", name)))
    linked = await read(client, waiting["id"])
    resolved = {"id": customer, "handle": {"id": customer}, "resolution": "resolved", "candidates": []}
    assert linked == waiting | {"version": 2, "customer_id": customer, "customer": resolved}
    assert await on_timeline(client, customer) == [linked["id"]]
    events = await told(client, database, waiting["id"])
    assert [(e.subject, e.read(dict)) for e in events] == [(None, waiting), (customer, linked)]


@pytest.mark.parametrize("way", ["identifiers", "batch", "import", "upsert"])
async def test_every_way_in_for_identifiers_links(client: TestClient, bring: Importer, way: str) -> None:
    card, mark = unique(), unique()
    waiting = await record(client, {"card": card})
    if way == "identifiers":
        customer = await create(client)
        await client.post(f"/v1/customers/{customer}/identifiers", json={"kind": "card", "value": card})
    elif way == "batch":
        items = [{"name": "Else"}, {"external_id": mark, "source": "shop", "cards": [card]}]
        await client.post("/v1/customers/batch", json={"items": items})
    else:
        if way == "upsert":
            await create(client, external_id=mark, source="shop")
        await bring("customers", ndjson({"external_id": mark, "source": "shop", "cards": [card]}))
    [owner] = (await client.get("/v1/customers/lookup", params={"card": card})).json()["data"]
    assert (await read(client, waiting["id"]))["customer_id"] == owner["id"]
    assert await on_timeline(client, owner["id"]) == [waiting["id"]]


async def test_many_are_linked_by_one_customer(client: TestClient) -> None:
    card, number = unique(), phone()
    waiting = [await record(client, handle) for handle in ({"card": card}, {"phone": number}, {"card": card})]
    customer = await create(client, cards=[card], phones=[number])
    assert set(await on_timeline(client, customer)) == {each["id"] for each in waiting}


async def test_a_refused_or_rehearsed_customer_links_nothing(client: TestClient, bring: Importer) -> None:
    card, taken = unique(), unique()
    await create(client, cards=[taken])
    waiting = await record(client, {"card": card})
    assert (await client.post("/v1/customers", json={"cards": [card, taken]})).status_code == 409
    await bring("customers", ndjson({"cards": [card]}), dry_run=True)
    assert await read(client, waiting["id"]) == waiting


async def test_a_shared_phone_is_ambiguous_until_one_is_left(client: TestClient, database: Database) -> None:
    number = phone()
    first, second = [await create(client, phones=[number]) for _ in range(2)]
    waiting = await record(client, {"phone": number})
    assert (waiting["customer"]["resolution"], waiting["customer"]["candidates"]) == ("ambiguous", [first, second])
    third = await create(client, phones=[number])
    more = await read(client, waiting["id"])
    assert (more["version"], more["customer"]["candidates"]) == (2, [first, second, third])
    for other in (first, third):
        params = {"kind": "phone", "value": number}
        assert (await client.delete(f"/v1/customers/{other}/identifiers", params=params)).status_code == 204
    linked = await read(client, waiting["id"])
    assert (linked["version"], linked["customer_id"]) == (4, second)
    versions = [e.read(dict)["version"] for e in await told(client, database, waiting["id"])]
    assert versions == [1, 2, 3, 4]


async def test_a_phone_that_an_import_takes_away_settles_whom_it_meant(client: TestClient, bring: Importer) -> None:
    number, mark = phone(), unique()
    await create(client, external_id=mark, source="shop", phones=[number])
    other = await create(client, phones=[number])
    waiting = await record(client, {"phone": number})
    await bring("customers", ndjson({"external_id": mark, "source": "shop"}), mode="replace")
    assert (await read(client, waiting["id"]))["customer_id"] == other


async def test_those_that_wait_are_listed_with_the_others(client: TestClient) -> None:
    customer, kind = await create(client), "survey"
    made = [
        await record(client, handle, kind=kind, occurred_at=f"2017-01-0{day}T00:00:00Z")
        for day, handle in enumerate(({"id": customer}, {"card": unique()}, {"id": customer}, {"card": unique()}), 1)
    ]
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        params = {"kind": kind, "limit": "3", "sort": "occurred_at"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/interactions", params=params)).json()
        found, cursor = found + page["data"], page["next_cursor"]
    assert [each for each in found if each["id"] in {one["id"] for one in made}] == made
    pending = await client.get("/v1/interactions", params={"kind": kind, "resolution": "pending", "limit": 500})
    assert [each["id"] for each in pending.json()["data"]] == [made[3]["id"], made[1]["id"]]


async def test_a_handle_is_masked_from_those_who_may_not_see_it(client: TestClient) -> None:
    number = phone()
    waiting = await record(client, {"phone": number})
    seen = await client.acting_as("customers:read").get(f"/v1/interactions/{waiting['id']}")
    assert seen.json()["customer"]["handle"]["phone"].endswith(number[-2:])
    assert number not in seen.text


async def test_an_external_id_is_taken_once(client: TestClient, database: Database) -> None:
    customer, external_id = await create(client), unique()
    made = await record(client, {"id": customer}, external_id=external_id, source="pos")
    assert (made["external_id"], made["source"]) == (external_id, "pos")
    for handle in ({"id": customer}, {"card": unique()}):
        again = await client.post("/v1/interactions", json=touch(handle, external_id=external_id, source="pos"))
        assert (again.status_code, again.json()["code"]) == (409, "interaction_exists")
        assert again.json()["existing_id"] == made["id"]
    await record(client, {"id": customer}, external_id=external_id, source="other")
    assert len(await on_timeline(client, customer)) == 2
    assert len(await told(client, database, made["id"])) == 1


async def test_of_many_who_record_one_interaction_one_succeeds(client: TestClient) -> None:
    customer = await create(client)
    body = touch({"id": customer}, external_id=unique())
    answers = await asyncio.gather(*(client.post("/v1/interactions", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(await on_timeline(client, customer)) == 1


@pytest.mark.parametrize("form", ["ndjson", "csv"])
async def test_an_import_repeated_changes_nothing(
    client: TestClient, database: Database, bring: Importer, form: str
) -> None:
    customer, mark, known = await create(client), unique(), unique()
    await client.post(f"/v1/customers/{customer}/identifiers", json={"kind": "card", "value": known})
    rows = [touch({"card": known if n % 2 else mark}, external_id=f"{mark}-{n}", source="pos") for n in range(4)]
    head = "external_id,source,kind,occurred_at,summary,customer_card"
    lines = [
        ",".join([r["external_id"], "pos", r["kind"], r["occurred_at"], "Milk", r["customer"]["card"]]) for r in rows
    ]
    body = ndjson(*rows) if form == "ndjson" else "\n".join([head, *lines]).encode()
    headers = None if form == "ndjson" else {"content-type": "text/csv"}
    assert (await bring("interactions", body, headers))["result"] == {"created": 4, "updated": 0, "unchanged": 0}
    before = (await read_feed(client, database, "customer"))[-1].sequence
    assert (await bring("interactions", body, headers))["result"] == {"created": 0, "updated": 0, "unchanged": 4}
    assert await read_feed(client, database, "customer", before) == []
    assert len(await on_timeline(client, customer)) == 2


async def test_one_import_may_tell_of_an_interaction_twice(client: TestClient, bring: Importer) -> None:
    customer, external_id = await create(client), unique()
    row = touch({"id": customer}, external_id=external_id)
    job = await bring("interactions", ndjson(row, row | {"summary": "Found it"}))
    assert job["result"] == {"created": 1, "updated": 1, "unchanged": 0}
    [id] = await on_timeline(client, customer)
    assert ((await read(client, id))["summary"], (await read(client, id))["version"]) == ("Found it", 2)


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    ("mode", "expected"),
    [("upsert", ("New", "shop", 2)), ("replace", ("New", None, 2)), ("insert", ("Old", "shop", 1))],
)
async def test_modes(
    client: TestClient, database: Database, bring: Importer, mode: str, expected: tuple[Any, ...], known: bool
) -> None:
    card, external_id = unique(), unique()
    if known:
        await create(client, cards=[card])
    made = await record(client, {"card": card}, external_id=external_id, summary="Old", channel="shop")
    job = await bring("interactions", ndjson(touch({"card": card}, external_id=external_id, summary="New")), mode=mode)
    found = await read(client, made["id"])
    assert (found["summary"], found["channel"], found["version"]) == expected
    assert job["failed"] == (mode == "insert")
    events = await told(client, database, made["id"])
    assert [e.read(dict)["version"] for e in events] == list(range(1, found["version"] + 1))


async def test_a_later_telling_links_but_never_moves_or_loosens(client: TestClient, bring: Importer) -> None:
    anna, bob, external_id = await create(client), await create(client), unique()
    waiting = await record(client, {"card": unique()}, external_id=external_id)

    async def tell(customer: dict[str, str], **more: Any) -> dict[str, Any]:
        return await bring("interactions", ndjson(touch(customer, external_id=external_id, **more)))

    assert (await tell({"id": anna}))["result"]["updated"] == 1
    linked = await read(client, waiting["id"])
    assert (linked["customer_id"], linked["version"]) == (anna, 2)
    assert (await tell({"card": unique()}))["result"]["unchanged"] == 1
    assert (await tell({"card": unique()}, summary="Sour"))["result"]["updated"] == 1
    assert (await read(client, waiting["id"]))["customer_id"] == anna
    [error] = await bring.errors(await tell({"id": bob}))
    assert error["code"] == "interaction_of_another_customer"
    assert (await on_timeline(client, anna), await on_timeline(client, bob)) == ([waiting["id"]], [])


async def test_none_is_missed_when_customer_and_interaction_come_at_once(
    client: TestClient, database: Database
) -> None:
    """Neither sees what the other has not committed: what was kept is looked at once more."""
    numbers = [phone() for _ in range(24)]

    async def both(number: str) -> tuple[str, str]:
        customer, made = await asyncio.gather(create(client, phones=[number]), record(client, {"phone": number}))
        return customer, made["id"]

    found = await asyncio.gather(*map(both, numbers))
    await do_what_is_due(database)
    for customer, id in found:
        assert (await read(client, id))["customer_id"] == customer
