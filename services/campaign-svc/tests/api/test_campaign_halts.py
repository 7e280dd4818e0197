"""What becomes of coupons whose campaign is paused, ended, or past its period."""

from datetime import timedelta

import pytest
from campaign_factories import NOW, Shop, lapse, reasons

HALTS = pytest.mark.parametrize(
    ("step", "reason"), [("pause", "campaign_paused"), ("end", "campaign_ended")], ids=["paused", "ended"]
)


@HALTS
async def test_a_halted_campaign_redeems_nothing(shop: Shop, step: str, reason: str) -> None:
    campaign = await shop.campaign()
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    await shop.client.post(f"/v1/campaigns/{campaign['id']}/{step}")
    checkout = await shop.checkout(code)
    assert (checkout["applied"], reasons(checkout)) == ([], {code: reason})
    refused = await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1"})
    assert (refused.status_code, refused.json()["code"]) == (409, reason)
    assert (await shop.budget(campaign))["spent_amount"] == 0


@HALTS
async def test_what_was_reserved_in_time_is_redeemed(shop: Shop, step: str, reason: str) -> None:
    campaign = await shop.campaign()
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    checkout = await shop.checkout(code)
    await shop.client.post(f"/v1/campaigns/{campaign['id']}/{step}")
    confirmed = await shop.client.post(f"/v1/checkouts/{checkout['id']}/confirm")
    assert (confirmed.status_code, (await shop.budget(campaign))["spent_amount"]) == (200, 200), reason


@HALTS
async def test_a_lapsed_reservation_is_not_had_again(shop: Shop, step: str, reason: str) -> None:
    campaign = await shop.campaign()
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    checkout = await shop.checkout(code)
    await lapse(shop.database, checkout)
    await shop.client.post(f"/v1/campaigns/{campaign['id']}/{step}")
    refused = await shop.client.post(f"/v1/checkouts/{checkout['id']}/confirm")
    assert (refused.status_code, refused.json()["lost"]) == (409, [code]), reason


async def test_a_paused_campaign_redeems_again_once_launched(shop: Shop) -> None:
    campaign = await shop.campaign()
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    for step in ("pause", "launch"):
        await shop.client.post(f"/v1/campaigns/{campaign['id']}/{step}")
    assert (await shop.checkout(code))["discount"]["amount"] == 200


async def test_the_end_of_the_period_voids_nothing(shop: Shop) -> None:
    period = {
        "starts_at": f"{NOW - timedelta(days=9):%F}T00:00:00Z",
        "ends_at": f"{NOW - timedelta(days=2):%F}T00:00:00Z",
    }
    campaign = await shop.campaign(**period)
    (code,) = await shop.coupons(await shop.offer(), campaign_id=campaign["id"])
    assert (await shop.checkout(code))["discount"]["amount"] == 200


async def test_a_coupon_that_nobody_showed_is_not_mentioned_once_its_campaign_has_ended(shop: Shop) -> None:
    campaign, customer = await shop.campaign(), await shop.customer(card=(card := "void-1"))
    await shop.coupons(await shop.offer(), campaign_id=campaign["id"], customer_id=customer)
    await shop.client.post(f"/v1/campaigns/{campaign['id']}/end")
    assert reasons(await shop.checkout(customer={"card": card})) == {}
