import statistics
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from campaign_factories import Shop

from campaign.campaigns.rules import Group
from campaign.lists import repository as lists
from campaign.projections import repository as projections
from campaign.projections.rules import Purchase


async def enrol(shop: Shop, campaign: dict[str, Any], groups: dict[UUID, Group]) -> None:
    async with shop.database.connection() as connection:
        await lists.add_audience(connection, uuid4(), UUID(campaign["id"]), groups)


async def buy(shop: Shop, customer: UUID, amount: int, at: datetime, external_id: str | None = None) -> None:
    purchase = Purchase(customer, uuid4(), 1, at, amount, "tcj", external_id or uuid4().hex)
    async with shop.database.connection() as connection:
        await projections.keep_purchases(connection, [purchase])


async def results_of(shop: Shop, campaign: dict[str, Any]) -> dict[str, Any]:
    return dict((await shop.client.get(f"/v1/campaigns/{campaign['id']}/results")).json())


async def test_treated_against_control_in_the_campaigns_period(shop: Shop) -> None:
    campaign = await shop.campaign()
    treated, control = [uuid4() for _ in range(6)], [uuid4() for _ in range(4)]
    await enrol(shop, campaign, dict.fromkeys(treated, Group.TREATED) | dict.fromkeys(control, Group.CONTROL))
    spends = {treated[0]: 1000, treated[1]: 3000, treated[2]: 500, control[0]: 800}
    for customer, amount in spends.items():
        await buy(shop, customer, amount, datetime(2017, 12, 10, 12, tzinfo=UTC))
        await buy(shop, customer, 99, datetime(2017, 12, 3, 12, tzinfo=UTC))
        await buy(shop, customer, 99, datetime(2017, 12, 18, 12, tzinfo=UTC))
    results = await results_of(shop, campaign)
    assert results["treated"] == {"customer_count": 6, "mean_spend_amount": 750}
    assert results["control"] == {"customer_count": 4, "mean_spend_amount": 200}
    lift = results["lift"]
    assert lift["difference_amount"] == 550
    assert lift["low_amount"] < 0 < lift["high_amount"]
    error = statistics.variance([1000, 3000, 500, 0, 0, 0]) / 6 + statistics.variance([800, 0, 0, 0]) / 4
    assert (lift["high_amount"] - 550) / error**0.5 == pytest.approx(2.4, abs=0.1)


async def test_a_confirmed_checkout_counts_once_with_the_order_it_becomes(shop: Shop) -> None:
    campaign = await shop.campaign()
    customer = await shop.customer(card=(card := uuid4().hex))
    await enrol(shop, campaign, {customer: Group.TREATED})
    order = {"external_id": uuid4().hex, "source": "tcj", "placed_at": "2017-12-05T10:00:00Z"}
    for body in ({"order": order}, {"order": order | {"placed_at": "2017-12-30T10:00:00Z", "external_id": "late"}}):
        checkout = await shop.checkout(customer={"card": card}, amount=700)
        await shop.client.post(f"/v1/checkouts/{checkout['id']}/confirm", json=body)
    assert (await results_of(shop, campaign))["treated"]["mean_spend_amount"] == 700
    await buy(shop, customer, 700, datetime(2017, 12, 5, 12, tzinfo=UTC), order["external_id"])
    assert (await results_of(shop, campaign))["treated"]["mean_spend_amount"] == 700


async def test_the_period_is_looked_at_by_instants(shop: Shop) -> None:
    campaign = await shop.campaign(starts_at="2015-07-01T04:00:00Z", ends_at="2015-07-15T03:59:59Z")
    customer = uuid4()
    await enrol(shop, campaign, {customer: Group.TREATED})
    await buy(shop, customer, 700, datetime(2015, 7, 14, 12, tzinfo=UTC))
    await buy(shop, customer, 1, datetime(2015, 7, 15, 3, 59, 59, tzinfo=UTC))
    assert (await results_of(shop, campaign))["treated"]["mean_spend_amount"] == 700


async def test_a_basket_paid_in_a_campaign_begun_an_hour_ago_counts(shop: Shop) -> None:
    now = datetime.now(UTC)
    period = {"starts_at": (now - timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(days=1)).isoformat()}
    campaign = await shop.campaign(**period)
    customer = await shop.customer(card=(card := uuid4().hex))
    await enrol(shop, campaign, {customer: Group.TREATED})
    checkout = await shop.checkout(customer={"card": card}, amount=700)
    await shop.client.post(f"/v1/checkouts/{checkout['id']}/confirm")
    assert (await results_of(shop, campaign))["treated"]["mean_spend_amount"] == 700


async def test_sponsors_see_no_group_under_ten(shop: Shop) -> None:
    campaign = await shop.campaign()
    many, few = [(await shop.client.post("/v1/sponsors", json={"name": name})).json() for name in "AB"]
    for sponsor, count in ((many, 10), (few, 9)):
        offer = await shop.offer(kind="amount", percent=None, amount=100, sponsor_id=sponsor["id"], sponsor_share=0.25)
        for _ in range(count):
            customer = await shop.customer()
            (code,) = await shop.coupons(offer, campaign_id=campaign["id"], customer_id=customer)
            await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1"})
    results = await results_of(shop, campaign)
    shown, hidden = results["sponsors"]
    assert (shown["customer_count"], shown["discount_amount"], shown["sponsor_amount"]) == (10, 1000, 250)
    assert (hidden["suppressed"], hidden["customer_count"], hidden["discount_amount"]) == (True, None, None)
    assert (results["redemption_rate"], results["store_amount"]) == (1, 1425)


async def test_a_campaign_without_anybody_has_no_lift(shop: Shop) -> None:
    results = await results_of(shop, await shop.campaign())
    assert (results["lift"], results["redemption_rate"], results["treated"]["customer_count"]) == (None, None, 0)
