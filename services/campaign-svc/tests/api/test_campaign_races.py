"""Real commits, many connections at once."""

import asyncio
import random
from collections import Counter
from typing import Any
from uuid import uuid4

from campaign_factories import Shop, expire, lapse, reasons


async def confirm(shop: Shop, checkout: dict[str, Any]) -> Any:
    return await shop.client.post(f"/v1/checkouts/{checkout['id']}/confirm")


async def test_two_checkouts_want_the_same_coupon(shop: Shop) -> None:
    for _ in range(5):
        (code,) = await shop.coupons(await shop.offer())
        first, second = await asyncio.gather(shop.checkout(code), shop.checkout(code))
        winner, loser = (first, second) if first["applied"] else (second, first)
        assert [each["code"] for each in winner["applied"]] == [code]
        assert loser["applied"] == []
        assert reasons(loser) == {code: "reserved_elsewhere"}


async def test_fifty_redemptions_of_one_code(shop: Shop) -> None:
    campaign = await shop.campaign()
    offer = await shop.offer(kind="amount", percent=None, amount=100)
    (code,) = await shop.coupons(offer, campaign_id=campaign["id"])
    body = {"code": code, "store_id": "1"}
    answers = await asyncio.gather(*(shop.client.post("/v1/redemptions", json=body) for _ in range(50)))
    refused = [answer for answer in answers if answer.status_code != 201]
    assert len(refused) == 49
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(409, "coupon_already_redeemed")}
    assert (await shop.budget(campaign))["spent_amount"] == 100


async def test_twins_of_one_key_redeem_once(shop: Shop) -> None:
    (code,) = await shop.coupons(await shop.offer())
    request = {"json": {"code": code, "store_id": "1"}, "headers": {"Idempotency-Key": uuid4().hex}}
    answers = await asyncio.gather(*(shop.client.post("/v1/redemptions", **request) for _ in range(10)))
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}


async def test_many_checkouts_of_many_codes_in_any_order(shop: Shop) -> None:
    campaigns = [await shop.campaign(), await shop.campaign()]
    coupons: list[str] = []
    for campaign in campaigns:
        coupons += await shop.coupons(await shop.offer(), 20, campaign_id=campaign["id"])

    async def buy(seed: int) -> int:
        codes = random.Random(seed).sample(coupons, 30)
        checkout = await shop.checkout(*codes)
        ended = await shop.client.post(f"/v1/checkouts/{checkout['id']}/{random.Random(seed).choice(STEPS)}")
        return int(ended.status_code)

    assert set(await asyncio.gather(*(buy(seed) for seed in range(60)))) == {200}
    for campaign in campaigns:
        assert (await shop.budget(campaign))["reserved_amount"] == 0


STEPS = ("confirm", "cancel")


async def test_a_budget_is_never_overspent(shop: Shop) -> None:
    campaign = await shop.campaign(budget_amount=1000)
    coupons = await shop.coupons(await shop.offer(), 20, campaign_id=campaign["id"])
    amount = await shop.coupons(
        await shop.offer(kind="amount", percent=None, amount=150), 10, campaign_id=campaign["id"]
    )

    async def buy(code: str) -> str:
        checkout = await shop.checkout(code)
        if checkout["applied"]:
            assert (await confirm(shop, checkout)).status_code == 200
        return "bought" if checkout["applied"] else reasons(checkout)[code]

    async def redeem(code: str) -> str:
        answer = await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1"})
        return "redeemed" if answer.status_code == 201 else answer.json()["code"]

    outcomes = Counter(await asyncio.gather(*(buy(code) for code in coupons), *(redeem(code) for code in amount)))
    budget = await shop.budget(campaign)
    assert set(outcomes) <= {"bought", "redeemed", "budget_exhausted"}
    assert budget["spent_amount"] == 200 * outcomes["bought"] + 150 * outcomes["redeemed"]
    assert (budget["reserved_amount"], budget["remaining_amount"] < 200) == (0, True)


async def test_a_lapsed_reservation_that_nobody_took_is_still_good(shop: Shop) -> None:
    campaign = await shop.campaign()
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    checkout = await shop.checkout(code)
    await lapse(shop.database, checkout)
    assert (await confirm(shop, checkout)).status_code == 200
    assert (await shop.budget(campaign))["spent_amount"] == 200


async def test_a_lapsed_reservation_that_was_swept_is_had_again(shop: Shop) -> None:
    campaign = await shop.campaign()
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    checkout = await shop.checkout(code)
    await lapse(shop.database, checkout)
    await expire(shop.database, checkout)
    assert (await shop.client.get(f"/v1/checkouts/{checkout['id']}")).json()["status"] == "expired"
    assert (await shop.budget(campaign))["reserved_amount"] == 0
    assert (await confirm(shop, checkout)).json()["status"] == "confirmed"
    budget = await shop.budget(campaign)
    assert (budget["reserved_amount"], budget["spent_amount"]) == (0, 200)


async def test_what_others_took_meanwhile_is_named(shop: Shop) -> None:
    taken, kept = await shop.coupons(await shop.offer(), 2)
    lines = [shop.basket()["lines"][0], shop.basket()["lines"][0]]
    checkout = await shop.checkout(taken, lines=lines)
    await lapse(shop.database, checkout)
    rival = await shop.checkout(taken, kept)
    assert rival["applied"][0]["code"] in (taken, kept)
    await shop.client.post("/v1/redemptions", json={"code": taken, "store_id": "1"})
    answer = await confirm(shop, checkout)
    assert (answer.status_code, answer.json()["code"], answer.json()["lost"]) == (409, "checkout_expired", [taken])


async def test_a_spent_budget_loses_a_swept_reservation(shop: Shop) -> None:
    campaign = await shop.campaign(budget_amount=200)
    first, second = await shop.coupons(await shop.offer(), 2, campaign_id=campaign["id"])
    checkout = await shop.checkout(first)
    await lapse(shop.database, checkout)
    await expire(shop.database, checkout)
    rival = await shop.checkout(second)
    assert rival["discount"]["amount"] == 200
    assert (await confirm(shop, checkout)).json()["lost"] == [first]
    assert (await confirm(shop, rival)).status_code == 200


async def test_confirming_races_with_the_sweep_and_with_a_rival(shop: Shop) -> None:
    campaign = await shop.campaign()
    coupons = await shop.coupons(await shop.offer(), 20, campaign_id=campaign["id"])
    checkouts = [await shop.checkout(code) for code in coupons]
    for checkout in checkouts:
        await lapse(shop.database, checkout)
    answers, rivals, _ = await asyncio.gather(
        asyncio.gather(*(confirm(shop, checkout) for checkout in checkouts)),
        asyncio.gather(*(shop.checkout(code) for code in coupons)),
        expire(shop.database, *checkouts),
    )
    for code, answer, rival in zip(coupons, answers, rivals, strict=True):
        assert (answer.status_code == 200) != bool(rival["applied"]), code
        assert answer.status_code == 200 or answer.json()["lost"] == [code]
    await asyncio.gather(*(shop.client.post(f"/v1/checkouts/{rival['id']}/cancel") for rival in rivals))
    await expire(shop.database, *checkouts)
    budget = await shop.budget(campaign)
    confirmed = sum(answer.status_code == 200 for answer in answers)
    assert (budget["reserved_amount"], budget["spent_amount"]) == (0, 200 * confirmed)
