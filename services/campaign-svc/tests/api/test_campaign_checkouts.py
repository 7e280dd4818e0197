from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from campaign_factories import MONTH, NOW, Shop, known, reasons

from campaign import references
from campaign.coupons import codes
from crmkit import testing
from crmkit.events import cloudevents

UNKNOWN = "01890000-0000-7000-8000-00000000dead"


async def test_a_coupon_is_reserved_then_redeemed(shop: Shop) -> None:
    offer = await shop.offer()
    (code,) = await shop.coupons(offer)
    checkout = await shop.checkout(code, amount=995)
    assert (checkout["status"], checkout["discount"], checkout["total"]["amount"]) == (
        "reserved",
        {"amount": 199, "currency": "USD"},
        796,
    )
    assert checkout["applied"][0]["offer_id"] == offer["id"]
    line = checkout["lines"][0]
    assert (line["gross_amount"], line["amount"], line["discounts"][0]["code"]) == (995, 796, code)
    confirmed = (await shop.client.post(f"/v1/checkouts/{checkout['id']}/confirm")).json()
    assert (confirmed["status"], confirmed["version"]) == ("confirmed", 2)
    assert (await shop.client.get(f"/v1/coupons/{codes.printed(code).lower()}")).json()["status"] == "redeemed"


async def test_the_confirmed_event_has_what_makes_the_order(shop: Shop, client: testing.TestClient) -> None:
    customer_id = await shop.customer(card=(card := uuid4().hex))
    checkout = await shop.checkout(customer={"card": card}, amount=500)
    order = {"external_id": uuid4().hex, "source": "tcj", "placed_at": "2017-12-05T10:00:00Z"}
    answer = await client.post(f"/v1/checkouts/{checkout['id']}/confirm", json={"order": order})
    feed = await testing.read_feed(client, shop.database, "campaign")
    told = [e for e in feed if e.source == f"/v1/checkouts/{checkout['id']}"]
    assert [e.type.split(".")[2] for e in told] == ["reserved", "confirmed"]
    data = told[1].read(dict[str, Any])
    assert (told[1].subject, data["customer"]) == (str(customer_id), known(customer_id))
    assert data["order"] == order | {"placed_at": "2017-12-05T10:00:00.000000Z"}
    assert data["lines"][0]["product"]["id"] == str(shop.product_id)
    assert (
        data == answer.json() == (await client.get(f"/v1/checkouts/{checkout['id']}")).json() | {"order": data["order"]}
    )


async def test_every_reason_is_told_and_none_fails_the_checkout(shop: Shop) -> None:
    offer, other = await shop.offer(), await shop.offer(target={"product_type": "elsewhere"})
    paused = await shop.campaign()
    broke = await shop.campaign(budget_amount=199)
    customer, stranger = await shop.customer(card=(card := uuid4().hex)), await shop.customer()
    (late,) = await shop.coupons(offer, valid_until=NOW - timedelta(days=1))
    (early,) = await shop.coupons(offer, valid_from=NOW + MONTH / 2)
    (foreign,) = await shop.coupons(offer, customer_id=stranger)
    (halted,) = await shop.coupons(offer, campaign_id=paused["id"])
    (unfunded,) = await shop.coupons(offer, campaign_id=broke["id"])
    (idle,) = await shop.coupons(other)
    (dear,) = await shop.coupons(await shop.offer(minimum_spend_amount=5000))
    (worse,) = await shop.coupons(await shop.offer(percent=5))
    (used,) = await shop.coupons(offer)
    (better,) = await shop.coupons(await shop.offer(percent=15))
    await shop.client.post("/v1/redemptions", json={"code": used, "store_id": "1"})
    await shop.client.post(f"/v1/campaigns/{paused['id']}/pause")
    (nobody,) = codes.generate(1)
    shown = [late, early, foreign, halted, unfunded, idle, dear, worse, used, better, nobody, "wrong"]
    checkout = await shop.checkout(*shown, customer={"card": card})
    assert checkout["customer"] == known(customer)
    assert [each["code"] for each in checkout["applied"]] == [better]
    assert reasons(checkout) == {
        late: "coupon_expired",
        early: "coupon_not_started",
        foreign: "not_for_this_customer",
        halted: "campaign_paused",
        unfunded: "budget_exhausted",
        idle: "no_matching_line",
        dear: "minimum_not_reached",
        worse: "better_offer_applied",
        used: "coupon_already_redeemed",
        nobody: "coupon_not_found",
        "wrong": "coupon_not_found",
    }


async def test_no_coupon_takes_from_a_budget_in_another_currency(shop: Shop) -> None:
    campaign = await shop.campaign(currency="EUR")
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    assert reasons(await shop.checkout(code)) == {code: "currency_mismatch"}
    redeemed = await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1", "discount_amount": 5})
    assert (redeemed.status_code, redeemed.json()["code"]) == (409, "currency_mismatch")
    assert (await shop.budget(campaign))["remaining_amount"] == 1_000_000


async def test_the_card_applies_what_its_owner_holds(shop: Shop) -> None:
    customer = await shop.customer(card=(card := uuid4().hex))
    (code,) = await shop.coupons(await shop.offer(), customer_id=customer)
    (silent,) = await shop.coupons(await shop.offer(target={"product_type": "elsewhere"}), customer_id=customer)
    checkout = await shop.checkout(customer={"card": card})
    assert [each["code"] for each in checkout["applied"]] == [code]
    assert silent not in reasons(checkout)


async def test_what_names_nobody_does_not_stop_the_till(shop: Shop) -> None:
    checkout = await shop.checkout(customer={"phone": "+15550000000"}, list_code="nonsense")
    assert reasons(checkout) == {None: "customer_unknown", "nonsense": "list_not_found"}


async def test_an_unknown_product_is_a_line_without_an_offer(shop: Shop) -> None:
    (code,) = await shop.coupons(await shop.offer())
    line = {"product": {"external_id": "never-heard-of", "source": "tcj"}, "quantity": 0, "unit_amount": 99}
    checkout = await shop.checkout(code, lines=[line])
    assert reasons(checkout) == {code: "no_matching_line"}
    assert checkout["lines"][0]["product"] == {"id": None, "external_id": "never-heard-of", "source": "tcj"}
    assert checkout["total"]["amount"] == 0


async def test_a_qualification_holds_nothing(shop: Shop) -> None:
    (code,) = await shop.coupons(await shop.offer())
    quote = (await shop.client.post("/v1/qualifications", json=shop.basket(code))).json()
    assert quote["discount"]["amount"] == 200
    assert (await shop.client.get(f"/v1/coupons/{code}")).json()["status"] == "issued"


async def test_cancelling_gives_everything_back(shop: Shop) -> None:
    campaign = await shop.campaign()
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    checkout = await shop.checkout(code)
    assert (await shop.budget(campaign))["reserved_amount"] == 200
    path = f"/v1/checkouts/{checkout['id']}"
    assert (await shop.client.post(f"{path}/cancel")).json()["status"] == "cancelled"
    assert (await shop.budget(campaign))["reserved_amount"] == 0
    assert (await shop.client.get(f"/v1/coupons/{code}")).json()["status"] == "issued"
    assert (await shop.client.post(f"{path}/cancel")).json()["code"] == "checkout_closed"
    assert (await shop.client.post(f"{path}/confirm")).json()["code"] == "checkout_closed"


async def test_a_budget_is_reserved_settled_and_given_back(shop: Shop) -> None:
    campaign = await shop.campaign(budget_amount=1000)
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    checkout = await shop.checkout(code)
    await shop.client.post(f"/v1/checkouts/{checkout['id']}/confirm")
    assert await shop.budget(campaign) == {
        "granted_amount": 1000,
        "reserved_amount": 0,
        "spent_amount": 200,
        "remaining_amount": 800,
    }
    redemptions = await shop.client.get("/v1/redemptions", params={"checkout_id": checkout["id"]})
    (redemption,) = redemptions.json()["data"]
    path = f"/v1/redemptions/{redemption['id']}"
    assert (await shop.client.post(f"{path}/reverse")).json()["status"] == "reversed"
    assert (await shop.client.post(f"{path}/reverse")).json()["code"] == "redemption_reversed"
    assert (await shop.budget(campaign))["remaining_amount"] == 1000
    entries = (await shop.client.get(f"/v1/campaigns/{campaign['id']}/budget/entries")).json()["data"]
    assert [(e["kind"], e["amount"]) for e in entries] == [
        ("grant", 1000),
        ("reserve", 200),
        ("settle", 200),
        ("give_back", 200),
    ]
    assert (await shop.checkout(code))["discount"]["amount"] == 200


async def test_a_redemption_without_a_basket(shop: Shop) -> None:
    sponsor = (await shop.client.post("/v1/sponsors", json={"name": "Dairy Farms"})).json()
    offer = await shop.offer(kind="amount", percent=None, amount=105, sponsor_id=sponsor["id"], sponsor_share=0.5)
    (code,) = await shop.coupons(offer)
    made = await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "367"})
    assert made.status_code == 201
    assert (made.json()["discount_amount"], made.json()["sponsor_amount"]) == (105, 53)
    assert (await shop.client.get(f"/v1/redemptions/{made.json()['id']}")).json() == made.json()


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"valid_until": NOW - MONTH / 2}, "coupon_expired"),
        ({"valid_from": NOW + MONTH / 2}, "coupon_not_started"),
        ({"customer_id": UNKNOWN}, "not_for_this_customer"),
    ],
)
async def test_a_redemption_is_refused_with_its_reason(shop: Shop, terms: dict[str, Any], code: str) -> None:
    (coupon,) = await shop.coupons(await shop.offer(), **terms)
    body = {"code": coupon, "store_id": "1", "customer": {"id": str(await shop.customer())}}
    answer = await shop.client.post("/v1/redemptions", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_a_redemption_takes_any_handle_of_its_customer(shop: Shop) -> None:
    offer, card = await shop.offer(), uuid4().hex
    customer, stranger = await shop.customer(card=card), await shop.customer(card=(other := uuid4().hex))
    code, foreign = (*await shop.coupons(offer), *await shop.coupons(offer, customer_id=stranger))
    body = {"store_id": "1", "customer": {"card": card}}
    made = await shop.client.post("/v1/redemptions", json=body | {"code": code})
    assert (made.status_code, made.json()["customer"]) == (201, {"id": str(customer)})
    refused = await shop.client.post("/v1/redemptions", json=body | {"code": foreign})
    assert refused.json()["code"] == "not_for_this_customer"
    own = await shop.client.post("/v1/redemptions", json=body | {"code": foreign, "customer": {"card": other}})
    assert own.status_code == 201


@pytest.mark.usefixtures("nobody_else")
async def test_a_redemption_refuses_a_customer_it_cannot_tell(shop: Shop) -> None:
    (code,) = await shop.coupons(await shop.offer())
    shared = uuid4().hex
    both = {str(await shop.customer(card=shared)) for _ in range(2)}
    body = {"code": code, "store_id": "1"}
    unknown = await shop.client.post("/v1/redemptions", json=body | {"customer": {"card": uuid4().hex}})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_reference")
    assert unknown.json()["errors"][0]["pointer"] == "/customer"
    ambiguous = await shop.client.post("/v1/redemptions", json=body | {"customer": {"card": shared}})
    assert (ambiguous.status_code, ambiguous.json()["code"]) == (409, "ambiguous_reference")
    assert set(ambiguous.json()["candidates"]) == both
    for wrong in ({"id": UNKNOWN, "name": "Anna"}, {"id": UNKNOWN, "card": "1"}, {}):
        assert (await shop.client.post("/v1/redemptions", json=body | {"customer": wrong})).status_code == 422
    assert (await shop.client.get(f"/v1/coupons/{code}")).json()["status"] == "issued"


async def test_a_redemption_of_whom_nobody_can_tell_right_now_is_to_be_sent_again(shop: Shop) -> None:
    (code,) = await shop.coupons(await shop.offer())
    key = {"Idempotency-Key": uuid4().hex}
    body = {"code": code, "store_id": "1", "customer": {"card": (card := uuid4().hex)}}
    refused = await shop.client.post("/v1/redemptions", json=body, headers=key)  # at the gateway's port nobody listens
    assert (refused.status_code, refused.json()["code"]) == (503, "service_unavailable")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (await shop.client.get(f"/v1/coupons/{code}")).json()["status"] == "issued"
    customer = await shop.customer(card=card)
    made = await shop.client.post("/v1/redemptions", json=body, headers=key)
    assert (made.status_code, made.json()["customer"]) == (201, {"id": str(customer)})


async def test_only_a_stranger_costs_a_redemption_a_look_up(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(references, "ask")
    for customer in (None, {"id": str(await shop.customer())}):
        (code,) = await shop.coupons(await shop.offer())
        body = {"code": code, "store_id": "1", "customer": customer}
        assert (await shop.client.post("/v1/redemptions", json=body)).status_code == 201


async def test_a_redemption_of_nothing_is_404(shop: Shop) -> None:
    for code in (codes.generate(1)[0], "nonsense"):
        answer = await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1"})
        assert (answer.status_code, answer.json()["code"]) == (404, "coupon_not_found")


async def test_hot_requests_replay_their_answer(shop: Shop) -> None:
    offer = await shop.offer()
    code, held = await shop.coupons(offer, 2)
    for path, body in (
        ("/v1/redemptions", {"code": code, "store_id": "1"}),
        (f"/v1/checkouts/{(await shop.checkout(held))['id']}/confirm", {}),
    ):
        headers = {"Idempotency-Key": uuid4().hex}
        first = await shop.client.post(path, json=body, headers=headers)
        second = await shop.client.post(path, json=body, headers=headers)
        assert (second.status_code, second.content) == (first.status_code, first.content)
        assert second.headers["Idempotency-Replayed"] == "true"
        other = await shop.client.post(
            path, json={**body, "x": 1} if not body else body | {"store_id": "2"}, headers=headers
        )
        assert other.status_code == 422


@pytest.mark.parametrize("path", ["checkouts", "redemptions"])
async def test_unknown_ids_are_404(shop: Shop, path: str) -> None:
    assert (await shop.client.get(f"/v1/{path}/{UNKNOWN}")).status_code == 404
    for step in ("confirm", "cancel") if path == "checkouts" else ("reverse",):
        assert (await shop.client.post(f"/v1/{path}/{UNKNOWN}/{step}")).status_code == 404


async def test_coupons_that_have_expired_can_be_left_out(shop: Shop) -> None:
    offer, customer = await shop.offer(), await shop.customer()
    (older,) = await shop.coupons(offer, customer_id=customer)
    (newer,) = await shop.coupons(offer, customer_id=customer)
    await shop.coupons(offer, customer_id=customer, valid_until=NOW - timedelta(days=1))
    asked = {"customer_id": str(customer), "valid_until_gte": f"{NOW:%Y-%m-%dT%H:%M:%SZ}", "sort": "-id"}
    listed = await shop.client.get("/v1/coupons", params=asked)
    assert [coupon["code"] for coupon in listed.json()["data"]] == [newer, older]
    assert (await shop.client.get("/v1/coupons", params={"valid_until_gte": "yesterday"})).status_code == 422


async def test_the_feed_tells_a_coupon_as_its_get_does(shop: Shop) -> None:
    (code,) = await shop.coupons(await shop.offer(), customer_id=await shop.customer())
    await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1"})
    coupon = (await shop.client.get(f"/v1/coupons/{code}")).json()
    feed = await testing.read_feed(shop.client, shop.database, "campaign")
    (told,) = [e for e in feed if e.source == f"/v1/coupons/{coupon['id']}"]
    assert told.type == cloudevents.type_name("coupon", "redeemed")
    assert told.read(dict[str, Any]) == coupon
