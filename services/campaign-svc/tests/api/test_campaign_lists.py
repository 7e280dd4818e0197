import re
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from campaign_factories import Shop, known, reasons
from fastapi import FastAPI

from campaign.coupons import batches, codes
from campaign.coupons import service as coupons
from campaign.lists import generation
from crmkit import testing, worker
from crmkit.testing import TestClient
from crmkit.work import jobs

HEAVY = {"group": "store", "usage": "high"}
pytestmark = pytest.mark.usefixtures("scored")
HANDLERS = {generation.JOB: generation.run, coupons.JOB: batches.run}


class Segments:
    """segment-svc as the job sees it, through a gateway that may break off in the middle of a stream."""

    def __init__(self, shop: Shop, customers: list[UUID]) -> None:
        self.shop, self.customers = shop, customers
        self.break_after: int | None = None
        self.halt_after: tuple[int, str] | None = None
        self.loyalty: dict[UUID, Any] = {}

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self.answer), base_url="http://gateway")

    def answer(self, request: httpx.Request) -> httpx.Response:
        assert request.headers["Accept"] == "application/x-ndjson"
        if request.url.path == "/v1/scores":
            assert request.url.params["weekly_spend_gte"] == "2500"
            return httpx.Response(200, content=self.stream(self.scores()))
        return httpx.Response(200, content=self.stream(self.purchases()))

    async def stream(self, rows: Iterator[Any]) -> AsyncIterator[bytes]:
        for place, row in enumerate(rows):
            if place == self.break_after:
                raise httpx.ReadError("the gateway went away")
            if self.halt_after is not None and place == self.halt_after[0]:
                assert (await self.shop.client.post(self.halt_after[1])).status_code == 200
            yield msgspec.json.encode(row) + b"\n"

    def scores(self) -> Iterator[Any]:
        for place, customer in enumerate(self.customers):
            yield {"customer_id": customer, "pyramid": {"tier": "gold" if place % 2 else "lead"}, "metrics": {}}

    def purchases(self) -> Iterator[Any]:
        for customer in [*self.customers, uuid4()]:
            for rank in range(1, 4):
                yield {
                    "customer_id": customer,
                    "rank": rank,
                    "product_type": self.shop.product_type if rank < 3 else "SOMETHING ELSE",
                    "product_category": "DAIRY",
                    "expected_on": "2017-12-08",
                    "brand_loyalty": self.loyalty.get(customer, HEAVY) if rank == 1 else None,
                    "typical_product": {"id": self.shop.product_id} if rank < 3 else None,
                }


async def make_lists(shop: Shop, segments: Segments, campaign: dict[str, Any], *, job: str | None = None) -> Any:
    body = {"campaign_id": campaign["id"], "as_of": "2017-12-04"}
    if job is None:
        made = await shop.client.post("/v1/shopping-lists", json=body)
        assert made.status_code == 202, made.text
        job = made.json()["id"]
    async with segments.client() as gateway:
        await jobs.execute(shop.database, gateway, HANDLERS, UUID(job), worker.is_transient)
    return (await shop.client.get(f"/v1/jobs/campaign/{job}")).json()


async def lists_of(client: TestClient, campaign: dict[str, Any]) -> list[dict[str, Any]]:
    headers = {"Accept": "application/x-ndjson"}
    answer = await client.get("/v1/shopping-lists", params={"campaign_id": campaign["id"]}, headers=headers)
    return [msgspec.json.decode(line) for line in answer.content.splitlines()]


async def campaign_for(shop: Shop, **terms: Any) -> dict[str, Any]:
    ladder = [{"group": "store", "usage": "high", "percent": 30}]
    offer = await shop.offer(ladder=ladder)
    return await shop.campaign(offer_ids=[offer["id"]], **terms)


async def test_every_eligible_customer_gets_a_list_with_the_best_offers(shop: Shop) -> None:
    campaign = await campaign_for(shop)
    customer, other = await shop.customer(), await shop.customer()
    job = await make_lists(shop, Segments(shop, [customer, other]), campaign)
    assert (job["status"], job["processed"], job["total"]) == ("succeeded", 2, 2)
    assert job["result"] == {"eligible_count": 2, "control_count": 0, "list_count": 2}
    shopping_list = (await shop.client.get(f"/v1/customers/{customer}/shopping-list")).json()
    lines = shopping_list["lines"]
    assert [(line["offer"] or {}).get("percent") for line in lines] == [30, 20, None]
    assert lines[0]["product"] == {"id": str(shop.product_id), "name": "Plain yogurt"}
    coupons = (await shop.client.get("/v1/coupons", params={"customer_id": str(customer)})).json()["data"]
    assert {coupon["code"] for coupon in coupons} == {line["coupon_code"] for line in lines[:2]}
    feed = await testing.read_feed(shop.client, shop.database, "campaign")
    (told,) = [e for e in feed if e.source == f"/v1/shopping-lists/{shopping_list['id']}"]
    assert told.read(dict[str, Any]) == shopping_list


async def test_a_list_redeems_at_the_till(shop: Shop) -> None:
    campaign = await campaign_for(shop)
    customer = await shop.customer(card=(card := uuid4().hex))
    await make_lists(shop, Segments(shop, [customer]), campaign)
    shopping_list = (await shop.client.get(f"/v1/customers/{customer}/shopping-list")).json()
    for shown in ({"list_code": shopping_list["list_code"]}, {"customer": {"card": card}}):
        checkout = await shop.checkout(**shown)
        assert (checkout["customer"], checkout["discount"]["amount"]) == (known(customer), 300)
        await shop.client.post(f"/v1/checkouts/{checkout['id']}/cancel")
    stranger = await shop.customer(card=(card := uuid4().hex))
    foreign = await shop.checkout(list_code=shopping_list["list_code"], customer={"card": card})
    assert (foreign["customer"], foreign["applied"]) == (known(stranger), [])
    assert set(reasons(foreign).values()) == {"not_for_this_customer"}


async def test_who_buys_one_brand_gets_the_rivals_deeper_coupon_and_it_applies_to_the_rival(shop: Shop) -> None:
    rival = await shop.product(brand="private", name="Our own yogurt")
    theirs = await shop.offer(target={"product_type": shop.product_type, "brand": "national"}, percent=10)
    ladder = [{"group": "national", "usage": "high", "percent": 30}]
    target = {"product_type": shop.product_type, "brand": "private"}
    ours = await shop.offer(target=target, percent=5, ladder=ladder)
    campaign = await shop.campaign(offer_ids=[theirs["id"], ours["id"]], list_length=1)
    heavy, other = await shop.customer(), await shop.customer()
    segments = Segments(shop, [heavy, other])
    segments.loyalty = {heavy: {"group": "national", "usage": "high"}, other: {"group": "national", "usage": "low"}}
    await make_lists(shop, segments, campaign)
    lists = {each["customer"]["id"]: each for each in await lists_of(shop.client, campaign)}
    (line,), (plain,) = lists[str(heavy)]["lines"], lists[str(other)]["lines"]
    assert (plain["offer"]["id"], plain["product"]["id"]) == (theirs["id"], str(shop.product_id))
    assert (line["offer"]["id"], line["offer"]["percent"], line["product_type"]) == (ours["id"], 30, shop.product_type)
    assert line["product"] == {"id": str(rival), "name": "Our own yogurt"}
    for product_id, discount in ((shop.product_id, 0), (rival, 300)):
        goods = [{"product": {"id": str(product_id)}, "quantity": 1, "unit_amount": 1000}]
        checkout = await shop.checkout(list_code=lists[str(heavy)]["list_code"], lines=goods)
        assert checkout["discount"]["amount"] == discount


async def test_the_control_group_is_recorded_and_gets_nothing(shop: Shop) -> None:
    campaign = await campaign_for(shop, control_share=0.5)
    customers = [await shop.customer() for _ in range(40)]
    job = await make_lists(shop, Segments(shop, customers), campaign)
    control = job["result"]["control_count"]
    assert 5 < control < 35
    assert job["result"]["list_count"] == 40 - control
    results = (await shop.client.get(f"/v1/campaigns/{campaign['id']}/results")).json()
    assert results["control"]["customer_count"] == control
    again = await make_lists(shop, Segments(shop, customers), campaign)
    assert (again["processed"], again["result"]) == (0, job["result"])


async def test_the_audience_takes_only_its_tiers(shop: Shop) -> None:
    campaign = await campaign_for(shop, audience={"weekly_spend_gte": 2500, "tiers": ["gold"]})
    customers = [await shop.customer() for _ in range(6)]
    job = await make_lists(shop, Segments(shop, customers), campaign)
    assert job["result"]["eligible_count"] == 3


@pytest.mark.parametrize("broken_at", [0, 1, 5, 14, 59])
async def test_a_broken_run_goes_on_where_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch, broken_at: int) -> None:
    monkeypatch.setattr(generation, "AUDIENCE_CHUNK", 4)
    monkeypatch.setitem(HANDLERS, generation.JOB, partial(generation.run, list_chunk=3))
    campaign = await campaign_for(shop, control_share=0.2)
    segments = Segments(shop, [await shop.customer() for _ in range(20)])
    body = {"campaign_id": campaign["id"], "as_of": "2017-12-04"}
    job = (await shop.client.post("/v1/shopping-lists", json=body)).json()["id"]
    segments.break_after = broken_at
    with pytest.raises(httpx.ReadError):
        await make_lists(shop, segments, campaign, job=job)
    segments.break_after = None
    ended = await make_lists(shop, segments, campaign, job=job)
    lists = await lists_of(shop.client, campaign)
    codes = [line["coupon_code"] for each in lists for line in each["lines"] if line["coupon_code"]]
    assert ended["status"] == "succeeded"
    assert ended["processed"] == ended["total"] == len(lists) == len({each["customer"]["id"] for each in lists})
    assert len(codes) == len(set(codes)) == 2 * len(lists)
    results = (await shop.client.get(f"/v1/campaigns/{campaign['id']}/results")).json()
    assert (results["list_count"], results["issued_count"]) == (len(lists), len(codes))


async def test_a_campaign_of_all_offers_takes_those_in_its_currency(shop: Shop) -> None:
    await shop.offer(percent=90, currency="EUR")
    offer = await shop.offer(percent=10)
    customer = await shop.customer()
    await make_lists(shop, Segments(shop, [customer]), await shop.campaign(offer_ids=None))
    lines = (await shop.client.get(f"/v1/customers/{customer}/shopping-list")).json()["lines"]
    assert {line["offer"]["id"] for line in lines if line["offer"]} == {offer["id"]}


@pytest.mark.parametrize(("step", "status"), [("pause", "paused"), ("end", "ended")])
@pytest.mark.parametrize(("halt_after", "made"), [(0, 0), (18, 3)])
async def test_a_campaign_that_halts_halts_its_lists(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str, status: str, halt_after: int, made: int
) -> None:
    monkeypatch.setitem(HANDLERS, generation.JOB, partial(generation.run, list_chunk=3))
    campaign = await campaign_for(shop)
    segments = Segments(shop, [await shop.customer() for _ in range(10)])
    # Ten scores, then three purchases a customer: row 18 of them closes the second chunk of three.
    segments.halt_after = halt_after, f"/v1/campaigns/{campaign['id']}/{step}"
    job = await make_lists(shop, segments, campaign)
    assert (job["status"], job["error"]) == ("failed", f"The campaign is {status}.")
    assert len(await lists_of(shop.client, campaign)) == made


async def test_an_ended_campaign_gets_no_new_coupons(shop: Shop) -> None:
    campaign, offer = await shop.campaign(), await shop.offer()
    batch = {"offer_id": offer["id"], "campaign_id": campaign["id"], "count": 2, "valid_until": "2099-01-01T00:00:00Z"}
    ordered = (await shop.client.post("/v1/coupon-batches", json=batch)).json()["id"]
    await shop.client.post(f"/v1/campaigns/{campaign['id']}/end")
    async with httpx.AsyncClient() as gateway:
        await jobs.execute(shop.database, gateway, HANDLERS, UUID(ordered))
    job = (await shop.client.get(f"/v1/jobs/campaign/{ordered}")).json()
    assert (job["status"], job["processed"]) == ("failed", 0)
    assert (await shop.client.post("/v1/coupon-batches", json=batch)).json()["code"] == "campaign_state"


async def test_a_draft_makes_no_lists(shop: Shop) -> None:
    campaign = await shop.campaign(launched=False)
    body = {"campaign_id": campaign["id"], "as_of": "2017-12-04"}
    assert (await shop.client.post("/v1/shopping-lists", json=body)).json()["code"] == "campaign_not_launched"


async def test_a_list_is_a_page_and_a_sheet_too(shop: Shop) -> None:
    campaign = await campaign_for(shop)
    customer = await shop.customer(name="王小明 <b>")
    await make_lists(shop, Segments(shop, [customer]), campaign)
    path = f"/v1/customers/{customer}/shopping-list"
    page = await shop.client.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert "For 王小明 &lt;b&gt;" in page.text
    assert "30 % off" in page.text
    assert len(re.findall("<rect", page.text)) > 30
    sheet = await shop.client.get(path, headers={"Accept": "application/pdf"})
    assert sheet.content.startswith(b"%PDF-")
    assert (await shop.client.get(path, params={"format": "pdf"})).content.startswith(b"%PDF-")
    assert (await shop.client.get(path, params={"format": "docx"})).status_code == 422


async def test_a_batch_of_coupons_is_filled(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "CHUNK", 400)
    offer = await shop.offer()
    body = {"offer_id": offer["id"], "count": 1000, "valid_until": "2099-01-01T00:00:00Z"}
    made = await shop.client.post("/v1/coupon-batches", json=body)
    assert made.status_code == 202
    async with httpx.AsyncClient() as gateway:
        await jobs.execute(shop.database, gateway, HANDLERS, UUID(made.json()["id"]))
    job = (await shop.client.get(made.headers["Location"])).json()
    assert (job["status"], job["processed"], job["result"]["issued_count"]) == ("succeeded", 1000, 1000)
    path = f"/v1/coupon-batches/{job['result']['id']}/coupons"
    stream = await shop.client.get(path, headers={"Accept": "application/x-ndjson"})
    codes = {msgspec.json.decode(line)["code"] for line in stream.content.splitlines()}
    assert len(codes) == 1000
    assert (await shop.checkout(codes.pop()))["discount"]["amount"] == 200


@pytest.mark.parametrize("taken_kind", ["coupon_codes", "list_codes"])
async def test_codes_that_are_taken_are_drawn_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, taken_kind: str
) -> None:
    offer = await shop.offer()
    (taken,) = await shop.coupons(offer)
    insert = "insert into list_codes values ($1, $2, $3)"
    async with shop.database.connection() as connection:
        await connection.execute(insert, taken, uuid4(), uuid4())
    drawn = iter([taken] if taken_kind == "coupon_codes" else [codes.generate(1)[0], taken])
    fresh = codes.generate
    monkeypatch.setattr(codes, "generate", lambda count: [next(drawn, None) or fresh(1)[0] for _ in range(count)])
    if taken_kind == "coupon_codes":
        body = {"offer_id": offer["id"], "count": 3, "valid_until": "2099-01-01T00:00:00Z"}
        made = (await shop.client.post("/v1/coupon-batches", json=body)).json()["id"]
        async with httpx.AsyncClient() as gateway:
            await jobs.execute(shop.database, gateway, HANDLERS, UUID(made))
        job = (await shop.client.get(f"/v1/jobs/campaign/{made}")).json()
        assert (job["status"], job["processed"], job["result"]["issued_count"]) == ("succeeded", 3, 3)
    else:
        campaign = await shop.campaign(offer_ids=[offer["id"]], list_length=1)
        job = await make_lists(shop, Segments(shop, [await shop.customer()]), campaign)
        assert (job["status"], job["processed"]) == ("succeeded", 1)


async def test_lists_of_nobody_are_404(shop: Shop) -> None:
    for path in (f"shopping-lists/{uuid4()}", f"customers/{uuid4()}/shopping-list", f"coupon-batches/{uuid4()}"):
        assert (await shop.client.get(f"/v1/{path}")).status_code == 404


async def test_a_day_that_was_never_scored_is_refused_before_a_job_is_made(shop: Shop, scored: set[str]) -> None:
    campaign = await campaign_for(shop)
    body = {"campaign_id": campaign["id"], "as_of": "2017-12-05"}
    refused = await shop.client.post("/v1/shopping-lists", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_scores")
    scored.add("2017-12-05")
    assert (await shop.client.post("/v1/shopping-lists", json=body)).status_code == 202


async def test_lists_are_not_ordered_while_nobody_says_what_is_scored(app: FastAPI, shop: Shop) -> None:
    campaign = await campaign_for(shop)
    app.state.gateway = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(503)), base_url="http://g"
    )
    body = {"campaign_id": campaign["id"], "as_of": "2017-12-04"}
    refused = await shop.client.post("/v1/shopping-lists", json=body)
    assert (refused.status_code, refused.json()["code"]) == (503, "service_unavailable")
