from typing import Any
from uuid import uuid4

import pytest
from campaign_factories import Shop

STALE = {"If-Match": '"7"'}


async def campaign(shop: Shop) -> str:
    return f"/v1/campaigns/{(await shop.campaign(launched=False))['id']}"


async def launched(shop: Shop) -> str:
    return f"/v1/campaigns/{(await shop.campaign())['id']}"


async def checkout(shop: Shop) -> str:
    (code,) = await shop.coupons(await shop.offer())
    return f"/v1/checkouts/{(await shop.checkout(code))['id']}"


async def redemption(shop: Shop) -> str:
    (code,) = await shop.coupons(await shop.offer())
    made = await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1"})
    return f"/v1/redemptions/{made.json()['id']}"


@pytest.mark.parametrize(
    ("make", "step"),
    [
        (campaign, "launch"),
        (launched, "pause"),
        (launched, "end"),
        (checkout, "confirm"),
        (checkout, "cancel"),
        (redemption, "reverse"),
    ],
)
async def test_a_step_is_taken_from_the_version_that_was_read(shop: Shop, make: Any, step: str) -> None:
    path = await make(shop)
    before = await shop.client.get(path)
    stale = await shop.client.post(f"{path}/{step}", headers=STALE)
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert (await shop.client.post(f"{path}/{step}", headers={"If-Match": "7"})).status_code == 400
    assert (await shop.client.get(path)).json() == before.json()
    taken = await shop.client.post(f"{path}/{step}", headers={"If-Match": before.headers["etag"]})
    after = await shop.client.get(path)
    assert taken.status_code == 200
    assert taken.headers["etag"] == after.headers["etag"] != before.headers["etag"]
    again = await shop.client.post(f"{path}/{step}", headers={"If-Match": before.headers["etag"]})
    assert again.status_code == 412


async def test_a_replayed_confirmation_has_its_etag_whatever_it_was_made_from(shop: Shop) -> None:
    path = await checkout(shop)
    headers = {"Idempotency-Key": uuid4().hex, "If-Match": '"1"'}
    first = await shop.client.post(f"{path}/confirm", headers=headers)
    second = await shop.client.post(f"{path}/confirm", headers=headers)
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["etag"] == first.headers["etag"] == '"2"'
