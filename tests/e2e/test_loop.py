"""The loop, once round: know, tell apart, treat differently, listen, and know more."""

import httpx

from tests.story import Story
from tests.waiting import eventually


def test_a_ticket_for_a_customer_made_a_moment_before_just_works(admin: httpx.Client, story: Story) -> None:
    named = story.named("just made")
    customer = story.post("/v1/customers", named | {"name": "Just Made"})["id"]
    ticket = {"type": "inquiry", "subject": "Oat milk", "body": "Is there any?", "channel": "chat"}
    made = story.post("/v1/tickets", ticket | {"customer": named})
    assert _linked(admin, f"/v1/tickets/{made['id']}", customer)


def test_a_ticket_is_linked_when_its_customer_becomes_known(admin: httpx.Client, story: Story) -> None:
    card = {"card": f"{story.mark}-late"}
    ticket = {"type": "complaint", "subject": "Sour", "body": "Very.", "channel": "phone", "severity": "low"}
    made = story.post("/v1/tickets", ticket | {"customer": card})
    assert (made["customer"]["id"], made["customer"]["resolution"]) == (None, "pending")
    customer = story.post("/v1/customers", {"name": "Late", "cards": [card["card"]]})["id"]
    assert _linked(admin, f"/v1/tickets/{made['id']}", customer)
    known = eventually(lambda: admin.get(f"/v1/customers/{customer}/timeline").json()["data"])
    assert [entry["resource"] for entry in known] == [f"/v1/tickets/{made['id']}"]


def test_orders_become_scores_and_scores_a_list(admin: httpx.Client, story: Story) -> None:
    score = admin.get(f"/v1/customers/{story.ids['customer']}/scores").json()
    assert score["external_id"] == "anna"
    assert score["metrics"]["order_count"] == 9
    assert score["metrics"]["revenue"] == {"amount": 7 * 10_000 + 12_000 + 10_000 - 500, "currency": "USD"}
    bought = admin.get(f"/v1/customers/{story.ids['customer']}/next-purchases").json()["data"]
    listed = admin.get(f"/v1/customers/{story.ids['customer']}/shopping-list").json()
    types = {line["product_type"]: line for line in listed["lines"]}
    assert {"WHITE MILK", "bread"} <= {each["product_type"] for each in bought} & set(types)
    assert types["WHITE MILK"]["coupon_code"]
    assert types["bread"]["coupon_code"] is None


def test_a_checkout_with_the_card_redeems_the_list_and_becomes_an_order(admin: httpx.Client, story: Story) -> None:
    checkout = admin.get(f"/v1/checkouts/{story.ids['checkout']}").json()
    assert checkout["status"] == "confirmed"
    (applied,) = checkout["applied"]
    assert applied["amount"] == 200
    order = eventually(lambda: _found(admin, f"/v1/orders/ext:{story.mark}:from-checkout"))
    assert order["customer"]["id"] == story.ids["customer"]
    assert order["total_amount"] == checkout["total"]["amount"] == 800
    assert order["lines"][0]["discounts"] == [{"kind": "coupon", "amount": 200, "code": applied["code"]}]


def test_everything_is_on_the_timeline(admin: httpx.Client, story: Story) -> None:
    page = admin.get(f"/v1/customers/{story.ids['customer']}/timeline", params={"limit": 100}).json()["data"]
    resources = {entry["resource"] for entry in page}
    order = admin.get(f"/v1/orders/ext:{story.mark}:from-checkout").json()["id"]
    assert {f"/v1/orders/{order}", f"/v1/tickets/{story.ids['ticket']}", f"/v1/calls/{story.ids['call']}"} <= resources


def test_the_360_view_has_it_all(admin: httpx.Client, story: Story) -> None:
    ticket = {"type": "inquiry", "subject": "More milk", "body": "Is there any?", "channel": "chat"}
    opened = story.post("/v1/tickets", ticket | {"customer": {"id": story.ids["customer"]}})
    view = admin.get(f"/v1/customers/{story.ids['customer']}/360").json()
    assert view["unavailable"] == []
    assert view["profile"]["name"] == "Anna Müller"
    assert view["scores"]["metrics"]["order_count"] == 9
    assert view["shopping_list"]["id"] == story.ids["shopping_list"]
    assert opened["id"] in [each["id"] for each in view["open_tickets"]]
    assert story.ids["ticket"] not in [each["id"] for each in view["open_tickets"]]
    assert view["timeline"]
    assert admin.get(f"/v1/customers/ext:{story.mark}:anna/360").json()["profile"] == view["profile"]


def _linked(client: httpx.Client, path: str, customer: str) -> bool:
    return eventually(lambda: client.get(path).json()["customer"]["id"] == customer)


def _found(client: httpx.Client, path: str) -> dict[str, object] | None:
    response = client.get(path)
    return response.json() if response.is_success else None
