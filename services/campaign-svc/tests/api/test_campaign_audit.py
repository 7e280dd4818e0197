from typing import Any

from campaign_factories import Shop

OFFER: dict[str, Any] = {"name": "Milk", "kind": "amount", "amount": 5, "target": {"product_type": "MILK"}}


async def acts(shop: Shop, path: str) -> list[str]:
    entries = (await shop.client.get("/v1/audit/campaign", params={"resource": path, "sort": "at"})).json()["data"]
    assert all(entry["actor"] for entry in entries)
    return [entry["action"] for entry in entries]


async def test_what_people_do_to_sponsors_and_offers_is_written_down(shop: Shop) -> None:
    for noun, body in (("sponsor", {"name": "Dairy Farms"}), ("offer", OFFER)):
        path = f"/v1/{noun}s/{(await shop.client.post(f'/v1/{noun}s', json=body)).json()['id']}"
        await shop.client.patch(path, json={"name": "Other"})
        await shop.client.delete(path)
        assert await acts(shop, path) == [f"create_{noun}", f"patch_{noun}", f"archive_{noun}"]


async def test_each_offer_of_a_batch_is_written_down(shop: Shop) -> None:
    made = await shop.client.post("/v1/offers/batch", json={"items": [OFFER, {}, OFFER]})
    for id in (result["id"] for result in made.json()["data"] if result["id"]):
        assert await acts(shop, f"/v1/offers/{id}") == ["create_offer"]


async def test_what_people_do_to_campaigns_and_coupons_is_written_down(shop: Shop) -> None:
    campaign, offer = await shop.campaign(), await shop.offer()
    path = f"/v1/campaigns/{campaign['id']}"
    await shop.client.patch(path, json={"goal": "Sell more"})
    assert await acts(shop, path) == ["create_campaign", "launched_campaign", "patch_campaign"]
    body = {"offer_id": offer["id"], "count": 1, "valid_until": "2099-01-01T00:00:00Z"}
    job = (await shop.client.post("/v1/coupon-batches", json=body)).json()
    assert await acts(shop, f"/v1/coupon-batches/{job['params']['batch_id']}") == ["create_coupon_batch"]
    (code,) = await shop.coupons(offer)
    redeemed = (await shop.client.post("/v1/redemptions", json={"code": code, "store_id": "1"})).json()
    path = f"/v1/redemptions/{redeemed['id']}"
    for _ in range(2):
        await shop.client.post(f"{path}/reverse")
    assert await acts(shop, path) == ["reverse_redemption"]
