from typing import Any

import pytest

from crmkit.testing import TestClient

UNKNOWN = "01890000-0000-7000-8000-00000000dead"
CAMPAIGN: dict[str, Any] = {
    "name": "December lists",
    "goal": "Raise two-week spend by 3 %",
    "audience": {"weekly_spend_gte": 2500},
    "control_share": 0.2,
    "budget_amount": 500_000,
    "starts_at": "2017-12-04T05:00:00Z",
    "ends_at": "2017-12-18T05:00:00Z",
}
OFFER: dict[str, Any] = {
    "name": "Yogurt",
    "kind": "percentage",
    "percent": 12.5,
    "target": {"product_type": "YOGURT", "brand": "national"},
    "ladder": [{"group": "store", "usage": "high", "percent": 30}],
}


async def test_a_sponsor_is_made_read_changed_and_archived(client: TestClient) -> None:
    made = await client.post("/v1/sponsors", json={"name": "Dairy Farms", "manufacturer_id": "m-1"})
    assert made.status_code == 201
    path = f"/v1/sponsors/{made.json()['id']}"
    changed = await client.patch(path, json={"name": "Dairy Union"}, headers={"If-Match": made.headers["etag"]})
    assert changed.json()["name"] == "Dairy Union"
    stale = await client.patch(path, json={"name": "X"}, headers={"If-Match": made.headers["etag"]})
    assert stale.status_code == 412
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).json()["archived_at"] is not None


async def test_a_manufacturer_has_one_sponsor(client: TestClient) -> None:
    first = await client.post("/v1/sponsors", json={"name": "A", "manufacturer_id": "m-2"})
    second = await client.post("/v1/sponsors", json={"name": "B", "manufacturer_id": "m-2"})
    assert (second.status_code, second.json()["existing_id"]) == (409, first.json()["id"])


async def test_an_offer_is_made_and_read_back(client: TestClient) -> None:
    made = await client.post("/v1/offers", json=OFFER)
    assert made.status_code == 201
    offer = (await client.get(f"/v1/offers/{made.json()['id']}")).json()
    assert (offer["percent"], offer["amount"], offer["currency"]) == (12.5, None, "USD")
    assert offer["ladder"] == [{"group": "store", "usage": "high", "percent": 30, "amount": None}]
    assert offer["target"]["product_type"] == "YOGURT"


@pytest.mark.parametrize(
    "wrong",
    [
        {"percent": None},
        {"amount": 5},
        {"percent": 101},
        {"kind": "bogo"},
        {"target": {}},
        {"sponsor_share": 0.5},
        {"sponsor_share": 1.5},
        {"ladder": [{"group": "store", "amount": 5}]},
        {"starts_at": "2017-12-05T00:00:00Z", "ends_at": "2017-12-04T00:00:00Z"},
        {"depth": 3},
        {"sponsor_id": "01890000-0000-7000-8000-00000000dead"},
    ],
)
async def test_a_wrong_offer_is_refused(client: TestClient, wrong: dict[str, Any]) -> None:
    answer = await client.post("/v1/offers", json=OFFER | wrong)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_batch_keeps_the_good_and_names_the_bad(client: TestClient) -> None:
    fixed = {"name": "Milk", "kind": "fixed_price", "amount": 199, "target": {"product_category": "MILK"}}
    items = [OFFER, {"name": "x"}, fixed, OFFER | {"sponsor_id": "01890000-0000-7000-8000-00000000dead"}]
    answer = await client.post("/v1/offers/batch", json={"items": items})
    results = answer.json()["data"]
    assert [result["status"] for result in results] == [201, 422, 201, 422]
    made = [(await client.get(f"/v1/offers/{result['id']}")).json() for result in results if result["id"]]
    assert [offer["name"] for offer in made] == ["Yogurt", "Milk"]
    assert results[3]["problem"]["errors"][0]["pointer"] == "/sponsor_id"


async def test_a_character_that_cannot_be_kept_refuses_its_offer_alone(client: TestClient) -> None:
    items = [OFFER, OFFER | {"target": {"product_type": "YO\u0000GURT"}}, OFFER | {"name": "Third"}]
    answer = await client.post("/v1/offers/batch", json={"items": items})
    assert answer.status_code == 200, answer.text
    made, refused, last = answer.json()["data"]
    assert (made["status"], refused["status"], last["status"]) == (201, 422, 201)
    assert refused["problem"]["errors"][0]["pointer"] == "/target/product_type"
    assert (await client.get(f"/v1/offers/{last['id']}")).json()["name"] == "Third"


async def test_an_offer_changes_only_in_ways_that_agree_with_it(client: TestClient) -> None:
    path = f"/v1/offers/{(await client.post('/v1/offers', json=OFFER)).json()['id']}"
    assert (await client.patch(path, json={"percent": 20})).json()["percent"] == 20
    assert (await client.patch(path, json={"amount": 20})).json()["code"] == "offer_invalid"
    assert (await client.patch(path, json={"kind": "amount"})).status_code == 422
    assert (await client.delete(path)).status_code == 204
    assert (await client.patch(path, json={"percent": 25})).json()["code"] == "offer_archived"


async def test_a_campaign_goes_from_draft_to_its_end(client: TestClient) -> None:
    made = await client.post("/v1/campaigns", json=CAMPAIGN)
    assert (made.status_code, made.json()["status"]) == (201, "draft")
    path = f"/v1/campaigns/{made.json()['id']}"
    assert (await client.post(f"{path}/pause")).json()["code"] == "campaign_state"
    steps = [(await client.post(f"{path}/{step}")).json()["status"] for step in ("launch", "pause", "launch", "end")]
    assert steps == ["launched", "paused", "launched", "ended"]
    assert (await client.post(f"{path}/launch")).status_code == 409


async def test_what_a_launched_campaign_promises_is_fixed(client: TestClient) -> None:
    path = f"/v1/campaigns/{(await client.post('/v1/campaigns', json=CAMPAIGN)).json()['id']}"
    assert (await client.patch(path, json={"control_share": 0.5})).json()["control_share"] == 0.5
    await client.post(f"{path}/launch")
    assert (await client.patch(path, json={"control_share": 0.1})).status_code == 409
    assert (await client.patch(path, json={"goal": "Sell more"})).json()["goal"] == "Sell more"


async def test_a_patch_changes_one_rule_of_an_audience(client: TestClient) -> None:
    path = f"/v1/campaigns/{(await client.post('/v1/campaigns', json=CAMPAIGN)).json()['id']}"
    for patch, audience in (
        ({"tiers": ["gold"]}, {"weekly_spend_gte": 2500, "tiers": ["gold"]}),
        ({"tiers": ["lead", "bronze"]}, {"weekly_spend_gte": 2500, "tiers": ["lead", "bronze"]}),
        ({"weekly_spend_gte": None}, {"weekly_spend_gte": None, "tiers": ["lead", "bronze"]}),
        ({}, {"weekly_spend_gte": None, "tiers": ["lead", "bronze"]}),
    ):
        assert (await client.patch(path, json={"audience": patch})).json()["audience"] == audience


async def test_a_budget_pays_only_in_its_own_currency(client: TestClient) -> None:
    offer = (await client.post("/v1/offers", json=OFFER | {"currency": "EUR"})).json()
    named = {"offer_ids": [offer["id"]]}
    assert (await client.post("/v1/campaigns", json=CAMPAIGN | named | {"currency": "EUR"})).status_code == 201
    campaign = (await client.post("/v1/campaigns", json=CAMPAIGN)).json()
    batch = {"offer_id": offer["id"], "campaign_id": campaign["id"], "count": 1, "valid_until": "2099-01-01T00:00:00Z"}
    for answer, pointer in (
        (await client.post("/v1/campaigns", json=CAMPAIGN | named), "/offer_ids"),
        (await client.patch(f"/v1/campaigns/{campaign['id']}", json=named), "/offer_ids"),
        (await client.post("/v1/coupon-batches", json=batch), "/campaign_id"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "currency_mismatch")
        assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_budget_has_its_ledger(client: TestClient) -> None:
    path = f"/v1/campaigns/{(await client.post('/v1/campaigns', json=CAMPAIGN)).json()['id']}"
    await client.patch(path, json={"budget_amount": 400_000})
    budget = (await client.get(f"{path}/budget")).json()
    assert (budget["granted_amount"], budget["remaining_amount"]) == (400_000, 400_000)
    entries = (await client.get(f"{path}/budget/entries")).json()["data"]
    assert [(entry["kind"], entry["amount"]) for entry in entries] == [("grant", 500_000), ("grant", -100_000)]


async def test_unknown_ids_are_404(client: TestClient) -> None:
    unknown = "01890000-0000-7000-8000-00000000dead"
    for path in ("sponsors", "offers", "campaigns"):
        assert (await client.get(f"/v1/{path}/{unknown}")).status_code == 404
        assert (await client.get(f"/v1/{path}/nonsense")).status_code == 422
        listed = await client.get(f"/v1/{path}", params={"limit": 1})
        assert len(listed.json()["data"]) == 1


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", 1780000000, "2026-06-01T12:00:00"])
@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("/v1/offers", OFFER, "/starts_at"),
        ("/v1/offers", OFFER, "/ends_at"),
        ("/v1/campaigns", CAMPAIGN, "/starts_at"),
        ("/v1/campaigns", CAMPAIGN, "/ends_at"),
        ("/v1/coupon-batches", {"offer_id": UNKNOWN, "count": 1}, "/valid_until"),
        ("/v1/coupon-batches", {"offer_id": UNKNOWN, "count": 1}, "/valid_from"),
        (f"/v1/checkouts/{UNKNOWN}/confirm", {"order": {"external_id": "1"}}, "/order/placed_at"),
    ],
)
async def test_no_instant_is_taken_that_no_business_can_mean(
    client: TestClient, path: str, body: dict[str, Any], pointer: str, instant: object
) -> None:
    *above, name = pointer.strip("/").split("/")
    body = body | {above[0]: body[above[0]] | {name: instant}} if above else body | {name: instant}
    answer = await client.post(path, json=body)
    assert answer.status_code == 422
    assert pointer in {error["pointer"] for error in answer.json()["errors"]}
