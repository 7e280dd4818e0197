"""What other services' events do to profiles."""

import uuid
from typing import Any

import msgspec
import pytest

from crmkit.data.contact_points import Unreadable
from crmkit.data.db import Database
from crmkit.events.cloudevents import Event
from crmkit.testing import TestClient, event, read_feed
from customer.consumers import callcenter, campaign


@pytest.fixture(scope="module")
async def shop(client: TestClient) -> dict[str, str]:
    """Ids of a customer and a product."""
    customer = (await client.post("/v1/customers", json={"name": "Anna"})).json()
    named = {"external_id": f"p-{uuid.uuid4()}", "source": "till"}
    product = (await client.post("/v1/products", json=named)).json()
    return {"customer": customer["id"], "product": product["id"], "product_at_till": named["external_id"]}


def checkout(shop: dict[str, str], **more: Any) -> Event:
    data = {
        "id": str(uuid.uuid4()),
        "version": 2,
        "status": "confirmed",
        "customer": {"id": shop["customer"]},
        "store_id": "330",
        "currency": "USD",
        "order": {"external_id": f"b-{uuid.uuid4()}", "source": "till", "placed_at": "2017-12-05T10:00:00Z"},
        "lines": [
            {
                "product": {"id": shop["product"], "external_id": "x", "source": "shop"},
                "quantity": 2,
                "unit_amount": 250,
                "amount": 400,
                "discounts": [{"kind": "coupon", "amount": 100, "code": "ABC", "offer_id": str(uuid.uuid4())}],
            }
        ],
    }
    return event("perennial.checkout.confirmed.v1", data | more, subject=shop["customer"])


async def give(database: Database, *events: Event) -> None:
    async with database.begin() as session:
        await campaign.apply(session, list(events), region="US")


async def tell(database: Database, *events: Event) -> None:
    async with database.begin() as session:
        await callcenter.apply(session, list(events))


async def test_a_confirmed_checkout_becomes_one_order(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    confirmed = checkout(shop)
    await give(database, confirmed)
    await give(database, confirmed, event("perennial.coupon.redeemed.v1", {"id": 1}))
    order = confirmed.read(dict)["order"]
    made = (await client.get(f"/v1/orders/ext:till:{order['external_id']}")).json()
    assert (made["version"], made["total_amount"], made["store_id"]) == (1, 400, "330")
    assert made["lines"][0]["discounts"] == [{"kind": "coupon", "amount": 100, "code": "ABC"}]
    entries = (await client.get(f"/v1/customers/{shop['customer']}/timeline")).json()["data"]
    assert [entry["id"] for entry in entries if entry["kind"] == "order"] == [made["id"]]


async def test_a_checkout_without_an_order_is_one_named_by_its_own_id(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    confirmed = checkout(shop, order=None, confirmed_at="2017-12-05T10:00:00Z")
    id = confirmed.read(dict)["id"]
    for _ in range(2):
        await give(database, confirmed)
    made = (await client.get(f"/v1/orders/ext:checkout:{id}")).json()
    assert (made["id"], made["version"], made["placed_at"]) == (id, 1, "2017-12-05T10:00:00.000000Z")


async def test_an_order_of_a_checkout_has_its_id_however_often_history_is_told(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    confirmed = checkout(shop)
    await give(database, confirmed)
    made = (await client.get(f"/v1/orders/{confirmed.read(dict)['id']}")).json()
    assert made["external_id"] == confirmed.read(dict)["order"]["external_id"]


async def test_checkouts_without_customer_or_lines_make_none(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    before = (await client.get("/v1/orders", params={"limit": 500})).json()["data"]
    await give(database, checkout(shop, customer=None), checkout(shop, lines=[]))
    assert (await client.get("/v1/orders", params={"limit": 500})).json()["data"] == before


def naming(confirmed: Event, *products: dict[str, Any]) -> Event:
    """The same checkout with a line of each of these products."""
    data = confirmed.read(dict)
    lines = [data["lines"][0] | {"product": product} for product in products]
    return event(confirmed.type, data | {"lines": lines}, subject=confirmed.subject)


async def test_a_line_is_resolved_by_whatever_handle_the_till_gave(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    by_id = {"id": shop["product"], "external_id": None, "source": None}
    by_name = {"id": None, "external_id": shop["product_at_till"], "source": "till"}
    confirmed = naming(checkout(shop, brand="organic"), by_id, by_name)
    await give(database, confirmed)
    made = (await client.get(f"/v1/orders/ext:till:{confirmed.read(dict)['order']['external_id']}")).json()
    assert [line["product"]["id"] for line in made["lines"]] == [shop["product"]] * 2
    assert (made["total_amount"], made["brand"]) == (800, "organic")


async def test_an_unknown_product_is_kept_as_given_and_linked_when_it_comes(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    given = {"id": None, "external_id": f"p-{uuid.uuid4()}", "source": "till"}
    stranger = {"id": str(uuid.uuid4()), "external_id": None, "source": None}
    confirmed = naming(checkout(shop), {"id": shop["product"]}, given, stranger, given)
    await give(database, confirmed, checkout(shop))
    path = f"/v1/orders/ext:till:{confirmed.read(dict)['order']['external_id']}"
    lines = (await client.get(path)).json()["lines"]
    assert [line["product"] for line in lines[1:]] == [given, stranger, given]
    before = (await read_feed(client, database, "customer"))[-1].sequence
    product = (await client.post("/v1/products", json={name: given[name] for name in ("external_id", "source")})).json()
    made = (await client.get(path)).json()
    known = given | {"id": product["id"]}
    assert [line["product"] for line in made["lines"][1:]] == [known, stranger, known]
    told = await read_feed(client, database, "customer", before)
    assert [each.read(dict) for each in told if each.type == "perennial.order.updated.v1"] == [made]
    assert (made["version"], made["total_amount"]) == (2, 1600)


async def test_a_line_that_names_no_product_is_not_dropped(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    confirmed = naming(checkout(shop), {"id": shop["product"]}, {"id": None, "external_id": None, "source": None})
    with pytest.raises(Unreadable):
        await give(database, confirmed)
    order = confirmed.read(dict)["order"]
    assert (await client.get(f"/v1/orders/ext:till:{order['external_id']}")).status_code == 404


async def test_tickets_and_calls_stand_on_the_timeline_in_their_newest_state(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    ticket, call = str(uuid.uuid4()), str(uuid.uuid4())

    def told(version: int, status: str, customer: str | None = shop["customer"]) -> Event:
        data = {
            "id": ticket,
            "version": version,
            "type": "complaint",
            "subject": "Mouldy bread",
            "status": status,
            "created_at": "2017-12-06T10:00:00Z",
            "customer": {"id": customer, "resolution": "resolved"},
            "channel": "phone",
        }
        return event("perennial.ticket.updated.v1", data, position=version)

    ringing = {
        "id": call,
        "version": 1,
        "customer": {"id": shop["customer"]},
        "status": "ended",
        "direction": "inbound",
        "created_at": "2017-12-06T10:01:00Z",
        "ringing_at": "2017-12-06T09:59:00Z",
    }
    await tell(database, told(1, "new", None), event("perennial.call.ended.v1", ringing))
    await tell(database, told(3, "solved"), told(2, "open"))
    await tell(database, told(2, "open"), told(1, "new", str(uuid.uuid4())))
    entries = (await client.get(f"/v1/customers/{shop['customer']}/timeline")).json()["data"]
    found = [(e["kind"], e["summary"], e["resource"]) for e in entries if e["id"] in (ticket, call)]
    assert [e["at"] for e in entries if e["id"] == call] == ["2017-12-06T09:59:00Z"]
    assert found == [
        ("complaint", "Complaint: Mouldy bread (solved)", f"/v1/tickets/{ticket}"),
        ("call", "Inbound call (ended)", f"/v1/calls/{call}"),
    ]


async def entry_after(client: TestClient, database: Database, shop: dict[str, str], told: Event) -> dict[str, Any]:
    """The customer's timeline entry of what is told of, once it is told; empty where there is none."""
    await tell(database, told)
    entries = (await client.get(f"/v1/customers/{shop['customer']}/timeline", params={"limit": 500})).json()["data"]
    return next((each for each in entries if each["id"] == told.read(dict)["id"]), {})


async def test_a_call_stands_where_it_began_whatever_comes_later(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    call = {
        "id": str(uuid.uuid4()),
        "version": 1,
        "customer": {"id": shop["customer"]},
        "status": "created",
        "direction": "outbound",
        "created_at": "2017-12-08T10:00:00Z",
        "ringing_at": None,
    }
    later = call | {"version": 2, "status": "ended", "ringing_at": "2017-12-08T10:00:09Z"}
    await entry_after(client, database, shop, event("perennial.call.started.v1", call))
    found = await entry_after(client, database, shop, event("perennial.call.ended.v1", later, position=2))
    assert (found["at"], found["summary"]) == ("2017-12-08T10:00:00Z", "Outbound call (ended)")


async def test_an_answer_linked_later_comes_onto_the_timeline(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    answer = {
        "id": str(uuid.uuid4()),
        "version": 1,
        "kind": "csat",
        "customer": {"id": None, "resolution": "pending"},
        "created_at": "2017-12-09T10:00:00Z",
    }
    linked = answer | {"version": 2, "customer": {"id": shop["customer"]}}
    assert not await entry_after(client, database, shop, event("perennial.survey_response.recorded.v1", answer))
    later = event("perennial.survey_response.updated.v1", linked, position=2)
    assert (await entry_after(client, database, shop, later))["summary"] == "Answered a csat survey"


async def test_what_is_made_of_events_names_the_event_that_caused_it(
    client: TestClient, database: Database, shop: dict[str, str]
) -> None:
    def traced(cause: Event) -> Event:
        return msgspec.structs.replace(cause, traceparent=f"00-{uuid.uuid4().hex}-00f067aa0ba902b7-01")

    def ticket(version: int, id: str) -> Event:
        data = {
            "id": id,
            "version": version,
            "type": "inquiry",
            "subject": "Oat milk",
            "status": "open",
            "created_at": "2017-12-06T10:00:00Z",
            "customer": {"id": shop["customer"]},
        }
        return traced(event("perennial.ticket.updated.v1", data))

    first, second = (str(uuid.uuid4()) for _ in range(2))
    before = (await read_feed(client, database, "customer"))[-1].sequence
    bought = [traced(checkout(shop)), traced(checkout(shop)), checkout(shop)]
    tickets = [ticket(1, first), ticket(2, first), ticket(1, second)]
    await give(database, *bought)
    await tell(database, *tickets)
    await tell(database, tickets[0])
    found = await read_feed(client, database, "customer", before)
    causes = [(e.type.split(".")[1], e.causationid, e.traceparent) for e in found]
    assert sorted(causes[:3]) == sorted(("order", e.id, e.traceparent) for e in bought)
    assert sorted(causes[3:]) == sorted(("interaction", e.id, e.traceparent) for e in tickets[1:])
    [newest] = [e for e in found if e.source == f"/v1/interactions/{first}"]
    assert newest.read(dict) == (await client.get(f"/v1/interactions/{first}")).json()
