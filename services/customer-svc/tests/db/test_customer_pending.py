"""Confirmed checkouts whose buyers are not known yet."""

import uuid
from typing import Any

import msgspec
import pytest
from customer_due import do_what_is_due
from customer_importing import Importer, ndjson

from crmkit.data.contact_points import Unreadable
from crmkit.data.db import Database
from crmkit.events.cloudevents import Event
from crmkit.testing import TestClient, event, read_feed
from customer.consumers import campaign

ORDERS = "/v1/orders/ext:till:"


@pytest.fixture(scope="module")
async def product(client: TestClient) -> str:
    """The id of a product."""
    named = {"external_id": f"p-{uuid.uuid4()}", "source": "till"}
    return str((await client.post("/v1/products", json=named)).json()["id"])


def phone() -> str:
    return f"212 {uuid.uuid4().int % 10**7:07d}"


def checkout(product: str, handle: dict[str, str] | None, **more: Any) -> Event:
    data = {
        "id": str(uuid.uuid4()),
        "customer": {"id": None, "handle": handle, "reason": "customer_unknown"},
        "store_id": "330",
        "currency": "USD",
        "order": {"external_id": f"b-{uuid.uuid4()}", "source": "till", "placed_at": "2017-12-05T10:00:00Z"},
        "lines": [
            {
                "product": {"id": product},
                "quantity": 0.505,
                "amount": 400,
                "discounts": [{"kind": "coupon", "amount": 100, "code": "ABC"}],
            }
        ],
    }
    confirmed = event("perennial.checkout.confirmed.v1", data | more)
    return msgspec.structs.replace(confirmed, traceparent=f"00-{uuid.uuid4().hex}-00f067aa0ba902b7-01")


def order_of(confirmed: Event) -> str:
    return str(confirmed.read(dict)["order"]["external_id"])


async def give(database: Database, *events: Event) -> None:
    async with database.begin() as session:
        await campaign.apply(session, list(events), region="US")


async def create(client: TestClient, **fields: Any) -> str:
    return str((await client.post("/v1/customers", json=fields)).raise_for_status().json()["id"])


async def waiting(database: Database, confirmed: Event) -> int:
    async with database.connection() as connection:
        found: int = await connection.fetchval(
            "select count(*) from pending where id = $1", uuid.UUID(confirmed.read(dict)["id"])
        )
        return found


async def test_a_buyer_known_by_now_has_the_order_at_once(client: TestClient, database: Database, product: str) -> None:
    number = phone()
    customer = await create(client, phones=[number])
    confirmed = checkout(product, {"phone": number})
    await give(database, confirmed)
    assert (await client.get(ORDERS + order_of(confirmed))).json()["customer"]["id"] == customer
    assert not await waiting(database, confirmed)


async def test_the_order_is_made_when_its_buyer_comes(client: TestClient, database: Database, product: str) -> None:
    number, card = phone(), uuid.uuid4().hex
    by_phone, by_card, other = (
        checkout(product, handle) for handle in ({"phone": number}, {"card": card}, {"card": f"{card}x"})
    )
    for _ in range(2):
        await give(database, by_phone, by_card, other)
    assert (await client.get(ORDERS + order_of(by_phone))).status_code == 404
    before = (await read_feed(client, database, "customer"))[-1].sequence
    customer = await create(client, phones=[number], cards=[card])
    orders = (await client.get(f"/v1/customers/{customer}/orders")).json()["data"]
    assert {order["external_id"] for order in orders} == {order_of(by_phone), order_of(by_card)}
    assert orders[0]["lines"][0] | {"product": None} == {
        "line": 1,
        "product": None,
        "quantity": 0.505,
        "amount": 400,
        "tax_amount": None,
        "cost_amount": None,
        "discounts": [{"kind": "coupon", "amount": 100, "code": "ABC"}],
    }
    placed = [e for e in await read_feed(client, database, "customer", before) if e.type == "perennial.order.placed.v1"]
    assert {(e.subject, e.causationid, e.traceparent) for e in placed} == {
        (customer, cause.id, cause.traceparent) for cause in (by_phone, by_card)
    }
    assert [await waiting(database, each) for each in (by_phone, by_card, other)] == [0, 0, 1]
    await give(database, by_phone)
    assert len((await client.get(f"/v1/customers/{customer}/orders")).json()["data"]) == 2


async def test_a_shared_phone_waits_until_it_is_one_customers(
    client: TestClient, database: Database, product: str
) -> None:
    number = phone()
    first, second = [await create(client, phones=[number]) for _ in range(2)]
    confirmed = checkout(product, {"phone": number})
    await give(database, confirmed)
    assert (await client.get(ORDERS + order_of(confirmed))).status_code == 404
    await client.delete(f"/v1/customers/{first}/identifiers", params={"kind": "phone", "value": number})
    assert (await client.get(ORDERS + order_of(confirmed))).json()["customer"]["id"] == second


async def test_an_order_imported_meanwhile_stays_as_it_was_imported(
    client: TestClient, database: Database, product: str, bring: Importer
) -> None:
    card = uuid.uuid4().hex
    confirmed = checkout(product, {"card": card})
    await give(database, confirmed)
    customer = await create(client)
    line = {"product": {"id": product}, "quantity": 1, "amount": 7}
    order = confirmed.read(dict)["order"] | {"customer": {"id": customer}, "currency": "USD", "lines": [line]}
    assert (await bring("orders", ndjson(order)))["result"]["created"] == 1
    await create(client, cards=[card])
    made = (await client.get(ORDERS + order_of(confirmed))).json()
    assert (made["customer"]["id"], made["total_amount"], made["version"]) == (customer, 7, 1)
    assert not await waiting(database, confirmed)


async def test_nobody_named_makes_no_order(client: TestClient, database: Database, product: str) -> None:
    nobody = checkout(product, None)
    await give(database, nobody)
    assert not await waiting(database, nobody)


async def test_an_id_that_names_nobody_here_waits_rather_than_holding_up_others(
    database: Database, product: str
) -> None:
    confirmed = checkout(product, {"id": str(uuid.uuid4())})
    await give(database, confirmed)
    assert await waiting(database, confirmed) == 1


async def test_an_unknown_product_may_wait_with_its_buyer(client: TestClient, database: Database) -> None:
    card, name = uuid.uuid4().hex, f"p-{uuid.uuid4()}"
    confirmed = checkout("", {"card": card})
    [line] = confirmed.read(dict)["lines"]
    unknown = line | {"product": {"id": None, "external_id": name, "source": "till"}}
    confirmed = msgspec.structs.replace(
        confirmed, data=msgspec.Raw(msgspec.json.encode(confirmed.read(dict) | {"lines": [unknown]}))
    )
    await give(database, confirmed)
    customer = await create(client, cards=[card])
    [made] = (await client.get(f"/v1/customers/{customer}/orders")).json()["data"]
    assert made["lines"][0]["product"] == {"id": None, "external_id": name, "source": "till"}


async def test_what_no_customer_can_have_is_refused_loudly(database: Database, product: str) -> None:
    confirmed = checkout(product, {"phone": "12"})
    with pytest.raises(Unreadable):
        await give(database, confirmed)
    assert not await waiting(database, confirmed)


async def test_a_buyer_and_a_checkout_that_do_not_see_one_another_meet_a_moment_later(
    client: TestClient, database: Database, product: str
) -> None:
    card = uuid.uuid4().hex
    confirmed = checkout(product, {"card": card})
    async with database.begin() as session:
        await campaign.apply(session, [confirmed], region="US")
        customer = await create(client, cards=[card])
    assert await waiting(database, confirmed) == 1
    await do_what_is_due(database)
    assert (await client.get(ORDERS + order_of(confirmed))).json()["customer"]["id"] == customer
    assert not await waiting(database, confirmed)


async def test_a_product_and_a_checkout_that_do_not_see_one_another_meet_a_moment_later(
    client: TestClient, database: Database
) -> None:
    named = {"external_id": f"p-{uuid.uuid4()}", "source": "till"}
    confirmed = checkout("", {"id": await create(client)})
    data = confirmed.read(dict)
    data["lines"][0]["product"] = named | {"id": None}
    async with database.begin() as session:
        await campaign.apply(session, [event(confirmed.type, data)], region="US")
        product = (await client.post("/v1/products", json=named)).json()["id"]
    order = f"/v1/orders/{data['id']}"
    assert (await client.get(order)).json()["lines"][0]["product"]["id"] is None
    await do_what_is_due(database)
    made = (await client.get(order)).json()
    assert (made["lines"][0]["product"]["id"], made["version"]) == (product, 2)
