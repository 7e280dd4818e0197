"""The catalogue through the API."""

import uuid
from typing import Any

from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed


def new(**more: Any) -> dict[str, Any]:
    return {"external_id": f"p-{uuid.uuid4()}", "source": "shop", "product_type": "MILK", "brand": "private"} | more


async def test_a_product_is_made_read_and_archived(client: TestClient, database: Database) -> None:
    body = new(name="Whole milk")
    made = (await client.post("/v1/products", json=body)).json()
    assert body.items() <= made.items()
    assert (await client.get(f"/v1/products/{made['id']}")).json() == made
    assert (await client.get(f"/v1/products/ext:shop:{body['external_id']}")).json() == made
    again = await client.post("/v1/products", json=body)
    assert (again.status_code, again.json()["existing_id"]) == (409, made["id"])
    for _ in range(2):
        assert (await client.delete(f"/v1/products/{made['id']}")).status_code == 204
    archived = (await client.get(f"/v1/products/{made['id']}")).json()
    assert (archived["version"], archived["archived_at"] is None) == (2, False)
    told = [e for e in await read_feed(client, database, "customer") if e.source == f"/v1/products/{made['id']}"]
    assert [e.type.split(".")[2] for e in told] == ["created", "updated"]
    assert told[-1].read(dict) == archived


async def test_a_product_is_archived_only_in_the_version_asked_for(client: TestClient) -> None:
    made = (await client.post("/v1/products", json=new())).json()
    path = f"/v1/products/{made['id']}"
    assert (await client.delete(path, headers={"if-match": '"2"'})).status_code == 412
    assert (await client.delete(path, headers={"if-match": '"1"'})).status_code == 204
    assert (await client.delete(f"/v1/products/{uuid.uuid4()}")).status_code == 404


async def test_a_batch_and_a_filtered_list(client: TestClient) -> None:
    kind = f"TYPE {uuid.uuid4()}"
    twice = new(product_type=kind)
    items = [new(product_type=kind), twice, twice, new(brand="none")]
    results = (await client.post("/v1/products/batch", json={"items": items})).json()["data"]
    assert [result["status"] for result in results] == [201, 201, 409, 422]
    page = (await client.get("/v1/products", params={"product_type": kind, "limit": 1})).json()
    rest = (await client.get("/v1/products", params={"product_type": kind, "cursor": page["next_cursor"]})).json()
    assert {row["id"] for row in page["data"] + rest["data"]} == {results[0]["id"], results[1]["id"]}


async def test_an_item_with_a_nul_is_refused_alone(client: TestClient) -> None:
    items = [new(), new(name="Mi\0lk"), new()]
    results = (await client.post("/v1/products/batch", json={"items": items})).json()["data"]
    assert [result["status"] for result in results] == [201, 422, 201]
    assert [error["pointer"] for error in results[1]["problem"]["errors"]] == ["/name"]


async def test_each_thing_made_by_a_batch_leaves_an_audit_entry(client: TestClient) -> None:
    for noun, items in (
        ("products", [{"external_id": str(uuid.uuid4())}, {}, {"external_id": str(uuid.uuid4())}]),
        ("customers", [{"name": "Anna"}, {"phones": ["1"]}, {"name": "Ben"}]),
    ):
        results = (await client.post(f"/v1/{noun}/batch", json={"items": items})).json()["data"]
        assert [result["status"] for result in results] == [201, 422, 201]
        for made in results[::2]:
            params = {"resource": f"/v1/{noun}/{made['id']}"}
            [entry] = (await client.get("/v1/audit/customer", params=params)).json()["data"]
            assert entry["action"] == f"create_{noun[:-1]}"


async def test_the_catalogue_streams(client: TestClient) -> None:
    made = (await client.post("/v1/products", json=new())).json()
    for form in ("application/x-ndjson", "text/csv"):
        assert made["id"] in (await client.get("/v1/products", headers={"accept": form})).text
