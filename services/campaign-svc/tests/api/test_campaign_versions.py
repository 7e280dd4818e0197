from typing import Any
from uuid import uuid4

import pytest
from campaign_factories import CAMPAIGN, Shop

OFFER = {"name": "Yogurt", "kind": "percentage", "percent": 5, "target": {"product_type": "YOGURT"}}
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


@pytest.mark.parametrize(
    ("noun", "body"),
    [
        ("sponsors", {"name": "Dairy Farms"}),
        ("offers", OFFER),
        ("campaigns", CAMPAIGN),
        ("checkouts", None),
        ("redemptions", None),
    ],
)
async def test_what_was_made_comes_with_the_etag_of_its_get(shop: Shop, noun: str, body: Any) -> None:
    (code,) = await shop.coupons(await shop.offer())
    told = {"checkouts": shop.basket(code), "redemptions": {"code": code, "store_id": "1"}}
    key = {"Idempotency-Key": uuid4().hex}
    made = await shop.client.post(f"/v1/{noun}", json=body or told[noun], headers=key)
    read = await shop.client.get(f"/v1/{noun}/{made.json()['id']}")
    assert made.headers["etag"] == read.headers["etag"] == '"1"'
    again = await shop.client.post(f"/v1/{noun}", json=body or told[noun], headers=key)
    assert (again.headers["Idempotency-Replayed"], again.headers["etag"]) == ("true", '"1"')


@pytest.mark.parametrize("tags", ['"1", junk', "junk", 'W/"1"', '"', "1", '*, "1"', ""])
async def test_a_confirmation_refuses_what_is_no_etag_even_beside_one_that_matches(shop: Shop, tags: str) -> None:
    path = await checkout(shop)
    refused = await shop.client.post(f"{path}/confirm", headers={"If-Match": tags})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_header")
    assert (await shop.client.get(path)).json()["status"] == "reserved"
    other = await shop.client.post(f"{path}/confirm", headers={"If-Match": '"other", "7"'})
    assert other.status_code == 412
    taken = await shop.client.post(f"{path}/confirm", headers={"If-Match": '"7", "1"'})
    assert taken.status_code == 200


async def test_a_replayed_confirmation_has_its_etag_whatever_it_was_made_from(shop: Shop) -> None:
    path = await checkout(shop)
    headers = {"Idempotency-Key": uuid4().hex, "If-Match": '"1"'}
    first = await shop.client.post(f"{path}/confirm", headers=headers)
    second = await shop.client.post(f"{path}/confirm", headers=headers)
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["etag"] == first.headers["etag"] == '"2"'
