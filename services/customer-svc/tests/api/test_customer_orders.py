"""Purchases and refunds through the API."""

import uuid
from typing import Any

import pytest

from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed


@pytest.fixture(scope="module")
async def shop(client: TestClient) -> dict[str, str]:
    """A customer with a card and a phone, and a product, by external ids of source `shop`."""
    mark = uuid.uuid4().hex
    phone = f"+1333{uuid.uuid4().int % 10**7:07d}"
    body = {"external_id": f"c-{mark}", "source": "shop", "cards": [f"k-{mark}"], "phones": [phone]}
    customer = (await client.post("/v1/customers", json=body)).json()
    product = (await client.post("/v1/products", json={"external_id": f"p-{mark}", "source": "shop"})).json()
    return {
        "id": customer["id"],
        "customer": f"c-{mark}",
        "card": f"k-{mark}",
        "phone": phone,
        "product": f"p-{mark}",
        "product_id": product["id"],
    }


def order(shop: dict[str, str], **more: Any) -> dict[str, Any]:
    lines = [
        {
            "product": {"external_id": shop["product"]},
            "quantity": 2,
            "amount": 398,
            "discounts": [{"kind": "store", "amount": 50}],
        },
        {"product": {"id": shop["product_id"]}, "quantity": "0.505", "amount": 0},
    ]
    return {
        "external_id": f"o-{uuid.uuid4()}",
        "source": "shop",
        "customer": {"external_id": shop["customer"]},
        "placed_at": "2017-01-01T11:53:26Z",
        "currency": "USD",
        "lines": lines,
    } | more


async def test_an_order_is_recorded_read_and_told(client: TestClient, database: Database, shop: dict[str, str]) -> None:
    body = order(shop, store_id="330")
    response = await client.post("/v1/orders", json=body)
    assert response.status_code == 201, response.text
    made = response.json()
    assert made["customer"] == {"id": shop["id"]}
    assert made["total_amount"] == 398
    assert [(line["line"], line["quantity"]) for line in made["lines"]] == [(1, 2), (2, 0.505)]
    assert made["lines"][0]["product"] == {"id": shop["product_id"], "external_id": shop["product"], "source": "shop"}
    assert (await client.get(f"/v1/orders/{made['id']}")).json() == made
    assert (await client.get(f"/v1/orders/ext:shop:{body['external_id']}")).json() == made
    listed = await client.get(f"/v1/customers/{shop['id']}/orders")
    assert made in listed.json()["data"]
    [event] = [e for e in await read_feed(client, database, "customer") if e.source == f"/v1/orders/{made['id']}"]
    assert (event.type, event.subject) == ("perennial.order.placed.v1", shop["id"])
    assert event.read(dict) == made


@pytest.mark.parametrize("handle", ["id", "card", "phone"])
async def test_any_handle_names_the_buyer(client: TestClient, shop: dict[str, str], handle: str) -> None:
    made = await client.post("/v1/orders", json=order(shop, customer={handle: shop[handle]}))
    assert made.json()["customer"]["id"] == shop["id"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"customer": {"external_id": "nobody"}}, 422, "unknown_reference"),
        ({"customer": {}}, 422, "invalid_request"),
        ({"customer": {"phone": "12"}}, 422, "invalid_request"),
        ({"lines": []}, 422, "invalid_request"),
        ({"lines": [{"product": {"external_id": "none"}, "quantity": 1, "amount": 1}]}, 422, "unknown_reference"),
        ({"lines": [{"product": {"external_id": "x"}, "quantity": 1.0005, "amount": 1}]}, 422, "invalid_request"),
        ({"lines": [{"product": {"external_id": "x"}, "quantity": -1, "amount": 1}]}, 422, "invalid_request"),
        ({"lines": [{"product": {"external_id": "x"}, "quantity": 1, "amount": 10**16}]}, 422, "invalid_request"),
        ({"placed_at": "yesterday"}, 422, "invalid_request"),
        ({"placed_at": "2017-01-01T11:53:26"}, 422, "invalid_request"),
        ({"currency": "usd"}, 422, "invalid_request"),
    ],
)
async def test_a_wrong_order_is_refused(
    client: TestClient, shop: dict[str, str], change: dict[str, Any], status: int, code: str
) -> None:
    response = await client.post("/v1/orders", json=order(shop, **change))
    assert (response.status_code, response.json()["code"]) == (status, code), response.text


async def test_a_shared_phone_is_ambiguous(client: TestClient, shop: dict[str, str]) -> None:
    other = (await client.post("/v1/customers", json={"phones": [shop["phone"]]})).json()
    response = await client.post("/v1/orders", json=order(shop, customer={"phone": shop["phone"]}))
    assert (response.status_code, response.json()["code"]) == (409, "ambiguous_reference")
    assert set(response.json()["candidates"]) == {shop["id"], other["id"]}
    identifier = {"kind": "phone", "value": shop["phone"]}
    await client.delete(f"/v1/customers/{other['id']}/identifiers", params=identifier)


async def test_an_order_is_posted_once(client: TestClient, shop: dict[str, str]) -> None:
    body = order(shop)
    made = (await client.post("/v1/orders", json=body)).json()
    again = await client.post("/v1/orders", json=body)
    assert (again.status_code, again.json()["existing_id"]) == (409, made["id"])


async def test_a_cancelled_order_says_so_once(client: TestClient, database: Database, shop: dict[str, str]) -> None:
    made = (await client.post("/v1/orders", json=order(shop))).json()
    for _ in range(2):
        cancelled = (await client.post(f"/v1/orders/{made['id']}/cancel")).json()
        assert (cancelled["version"], cancelled["cancelled_at"] is None) == (2, False)
    told = [e for e in await read_feed(client, database, "customer") if e.source == f"/v1/orders/{made['id']}"]
    assert [e.type.split(".")[2] for e in told] == ["placed", "cancelled"]


async def test_an_order_is_cancelled_only_in_the_version_asked_for(client: TestClient, shop: dict[str, str]) -> None:
    made = (await client.post("/v1/orders", json=order(shop))).json()
    path = f"/v1/orders/{made['id']}/cancel"
    assert (await client.post(path, headers={"if-match": '"2"'})).status_code == 412
    assert (await client.post(path, headers={"if-match": '"1"'})).json()["version"] == 2
    assert (await client.post(f"/v1/orders/{uuid.uuid4()}/cancel")).status_code == 404


async def test_refunds_never_exceed_what_was_bought(client: TestClient, shop: dict[str, str]) -> None:
    made = (await client.post("/v1/orders", json=order(shop))).json()
    path = f"/v1/orders/{made['id']}/refunds"

    def refund(quantity: int, amount: int, **more: Any) -> dict[str, Any]:
        line = {"line": 1, "quantity": quantity, "amount": amount} | more
        return {"refunded_at": "2017-01-09T10:00:00Z", "lines": [line]}

    assert (await client.post(path, json=refund(1, 199))).status_code == 201
    for wrong in (refund(2, 1), refund(1, 200), refund(1, 1, line=3)):
        refused = await client.post(path, json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (409, "refund_too_large")
    assert (await client.post(path, json=refund(1, 199))).status_code == 201
    assert [row["amount"] for row in (await client.get(path)).json()["data"]] == [199, 199]
