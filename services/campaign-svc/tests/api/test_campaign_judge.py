"""One judge, wherever a coupon is used: each gate with its true reason."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from campaign_factories import Shop, expire, lapse, reasons

from campaign.coupons import codes
from crmkit import testing
from crmkit.events import cloudevents

LIST = "insert into list_codes (code, shopping_list_id, customer_id) values ($1, $2, $3)"
BATCH = (
    "insert into coupon_batches (offer_id, count, issued_count, per_customer_limit, valid_from, valid_until, job_id)"
    " values ($1, 5, 5, $2, now(), now() + interval '1 day', uuidv7()) returning id"
)


async def redeem(shop: Shop, code: str, **more: Any) -> tuple[int, str]:
    answer = await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1"} | more)
    return answer.status_code, answer.json().get("code")


async def limited(shop: Shop, most: int, count: int) -> list[str]:
    offer = await shop.offer()
    async with shop.database.connection() as connection:
        batch_id = await connection.fetchval(BATCH, UUID(offer["id"]), most)
    return await shop.coupons(offer, count, batch_id=batch_id)


@pytest.mark.parametrize(
    ("terms", "reason"),
    [
        ({"ends_at": "2020-01-01T00:00:00Z"}, "offer_ended"),
        ({"starts_at": "2130-01-01T00:00:00Z"}, "offer_not_started"),
        ({"minimum_spend_amount": 100_000}, "minimum_not_reached"),
    ],
)
async def test_every_use_is_refused_for_the_same_reason(shop: Shop, terms: dict[str, Any], reason: str) -> None:
    (code,) = await shop.coupons(await shop.offer(kind="amount", percent=None, amount=300, **terms))
    quote = (await shop.client.post("/v1/qualifications", json=shop.basket(code))).json()
    assert reasons(quote) == reasons(await shop.checkout(code)) == {code: reason}
    assert await redeem(shop, code) == (409, reason)


async def test_a_drafts_coupons_are_none(shop: Shop) -> None:
    campaign = await shop.campaign(launched=False)
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    assert reasons(await shop.checkout(code)) == {code: "campaign_not_launched"}
    assert await redeem(shop, code) == (409, "campaign_not_launched")


async def test_what_has_changed_is_judged_anew_once_a_reservation_has_lapsed(shop: Shop) -> None:
    offer = await shop.offer()
    (code,) = await shop.coupons(offer)
    held = await shop.checkout(code)
    await shop.client.patch(f"/v1/offers/{offer['id']}", json={"ends_at": "2020-01-01T00:00:00Z"})
    await lapse(shop.database, held)
    refused = await shop.client.post(f"/v1/checkouts/{held['id']}/confirm")
    assert (refused.status_code, refused.json()["lost"]) == (409, [code])


@pytest.mark.usefixtures("nobody_else")
async def test_a_till_takes_off_no_more_than_a_coupon_is_worth_and_for_nobody_unknown(shop: Shop) -> None:
    (code,) = await shop.coupons(await shop.offer(kind="amount", percent=None, amount=300))
    assert await redeem(shop, code, discount_amount=999_999) == (409, "discount_too_large")
    assert await redeem(shop, code, customer={"id": str(uuid4())}) == (422, "unknown_reference")
    assert await redeem(shop, code, discount_amount=299) == (201, code)


async def test_no_part_of_a_redemption_is_reversed(shop: Shop) -> None:
    (code,) = await shop.coupons(await shop.offer())
    made = (await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1"})).json()
    partly = await shop.client.post(f"/v1/redemptions/{made['id']}/reverse", json={"amount": 50})
    assert (partly.status_code, partly.json()["errors"][0]["pointer"]) == (422, "/amount")
    assert await redeem(shop, code) == (409, "coupon_already_redeemed")


async def test_a_customer_uses_as_many_coupons_of_a_batch_as_one_may(shop: Shop) -> None:
    one, two, three, four, five = await limited(shop, 1, 5)
    customer = {"id": str(await shop.customer())}
    assert reasons(await shop.checkout(one)) == {one: "customer_required"}
    lines = shop.basket()["lines"] * 2
    checkout = await shop.checkout(one, two, lines=lines, customer=customer)
    assert ([each["code"] for each in checkout["applied"]], len(checkout["not_applied"])) == ([one], 1)
    assert reasons(await shop.checkout(three, customer=customer)) == {three: "limit_reached"}
    assert await redeem(shop, four, customer=customer) == (409, "limit_reached")
    assert await redeem(shop, five, customer={"id": str(await shop.customer())}) == (201, five)
    await shop.client.post(f"/v1/checkouts/{checkout['id']}/cancel")
    assert await redeem(shop, four, customer=customer) == (201, four)


async def test_a_limit_holds_in_a_race_and_is_given_back_by_expiry(shop: Shop) -> None:
    coupons, customer = await limited(shop, 2, 8), {"id": str(await shop.customer())}
    checkouts, answers = await asyncio.gather(
        asyncio.gather(*(shop.checkout(code, customer=customer) for code in coupons[:4])),
        asyncio.gather(*(redeem(shop, code, customer=customer) for code in coupons[4:])),
    )
    holding = [checkout for checkout in checkouts if checkout["applied"]]
    redeemed = sum(status == 201 for status, _ in answers)
    assert len(holding) + redeemed == 2
    for checkout in holding:
        await lapse(shop.database, checkout)
    await expire(shop.database, *holding)
    again = [await shop.checkout(code, customer=customer) for code in coupons[:4] if redeemed < 4]
    assert sum(bool(checkout["applied"]) for checkout in again) == 2 - redeemed


async def test_one_order_is_made_of_one_checkout(shop: Shop) -> None:
    first, second, third = [await shop.checkout() for _ in range(3)]
    order = {"order": {"external_id": uuid4().hex, "source": "till"}}
    paths = [f"/v1/checkouts/{each['id']}/confirm" for each in (first, second)]
    answers = await asyncio.gather(*(shop.client.post(path, json=order) for path in paths))
    taken, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (taken.status_code, refused.status_code, refused.json()["code"]) == (200, 409, "order_taken")
    assert refused.json()["existing_id"] == taken.json()["id"]
    unnamed = (await shop.client.post(f"/v1/checkouts/{third['id']}/confirm")).json()
    assert (unnamed["order"]["external_id"], unnamed["order"]["source"]) == (third["id"], "checkout")


async def test_a_list_and_a_coupon_are_understood_in_either_place(shop: Shop) -> None:
    (list_code,), list_id, customer = codes.generate(1), uuid4(), await shop.customer()
    async with shop.database.connection() as connection:
        await connection.execute(LIST, list_code, list_id, customer)
    listed = await shop.coupons(await shop.offer(), shopping_list_id=list_id, customer_id=customer)
    for shown in ({"coupon_codes": [list_code]}, {"list_code": list_code}, {"list_code": listed[0]}):
        quote = (await shop.client.post("/v1/qualifications", json=shop.basket() | shown)).json()
        assert ([each["code"] for each in quote["applied"]], quote["not_applied"]) == (listed, [])


async def test_the_end_of_a_reservation_is_told_once(shop: Shop) -> None:
    (code,) = await shop.coupons(await shop.offer())
    checkout = await shop.checkout(code)
    await lapse(shop.database, checkout)
    await expire(shop.database, checkout)
    await expire(shop.database, checkout)
    feed = await testing.read_feed(shop.client, shop.database, "campaign")
    told = [event.type for event in feed if event.source == f"/v1/checkouts/{checkout['id']}"]
    assert told == [cloudevents.type_name("checkout", verb) for verb in ("reserved", "expired")]
    assert (await shop.client.get(f"/v1/coupons/{code}")).json()["status"] == "issued"
