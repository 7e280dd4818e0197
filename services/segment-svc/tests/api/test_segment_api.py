"""The endpoints as their callers see them."""

import asyncio
import base64
import csv
import io
import json
from datetime import date
from xml.etree import ElementTree

import pytest
from sqlalchemy import text

from crmkit.testing import eventually
from segment.scoring_models import service as scoring_models
from segment.scoring_models.schemas import NewScoringModel

AS_OF = date(2026, 3, 9)
REPORTS = ("pyramid", "rfm", "abc", "svcd", "lifecycle", "brand-loyalty")


@pytest.fixture(scope="module")
async def shop(committed, settings, run_scoring, new_feed):
    """Twelve customers, the first without an order, scored once: their ids by external id."""
    feed = new_feed()
    milk, bread = feed.product("MILK", brand="private"), feed.product("BREAD", brand="national")
    ids = {}
    for number in range(12):
        ids[str(number)] = customer = feed.customer(str(number))
        for day in range(number):
            feed.order(customer, f"2026-02-{day + 1:02}", [(milk, 1, 1000 * number), (bread, 2, 500)])
    async with committed.begin() as session:
        await feed.apply(session)
    await run_scoring(committed, settings, AS_OF)
    return ids


async def test_a_run_is_a_job_with_an_address(client, committed):
    answer = await client.post("/v1/scoring-runs", json={"as_of": "2026-03-09"})
    assert answer.status_code == 202
    job = (await client.get(answer.headers["Location"])).json()
    assert (job["kind"], job["status"]) == ("scoring", "queued")
    run = (await client.get(f"/v1/scoring-runs/{job['id']}")).json()
    assert (run["as_of"], run["status"], run["model_version"]) == ("2026-03-09", "queued", "default-1")
    assert (await client.delete(answer.headers["Location"])).status_code == 204


async def test_who_asked_for_a_run_is_on_record(client, committed):
    asker = client.acting_as("segments:write")
    answer = await asker.post("/v1/scoring-runs", json={"as_of": "2026-03-09"})
    entries = await audited(client, f"/v1/scoring-runs/{answer.json()['id']}")
    assert entries == [("01890000-0000-7000-8000-000000000002", "create_scoring_run", "default as of 2026-03-09")]
    assert (await client.delete(answer.headers["Location"])).status_code == 204


async def test_who_made_a_model_is_on_record_once(client, committed):
    body, key = {"name": "audited"}, {"Idempotency-Key": "audited"}
    first, again = [(await client.post("/v1/scoring-models", json=body, headers=key)).json() for _ in range(2)]
    assert first == again
    entries = await audited(client, f"/v1/scoring-models/{first['id']}")
    assert entries == [("01890000-0000-7000-8000-000000000001", "create_scoring_model", "audited-1")]


async def audited(client, resource):
    entries = (await client.get("/v1/audit/segment", params={"resource": resource})).json()["data"]
    return [(entry["actor"], entry["action"], entry["detail"]) for entry in entries]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"as_of": "2999-01-01"}, "future_scoring"),
        ({"model": "unknown"}, "unknown_scoring_model"),
        ({"as_of": "yesterday"}, "invalid_request"),
        ({"asof": "2026-03-09"}, "invalid_request"),
    ],
)
async def test_a_run_that_cannot_be_is_refused(client, body, code):
    answer = await client.post("/v1/scoring-runs", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_score_says_what_and_why(client, shop):
    score = (await client.get(f"/v1/customers/{shop['11']}/scores")).json()
    assert score["external_id"] == "11"
    assert score["as_of"] == "2026-03-09"
    assert score["metrics"]["order_count"] == 11
    assert score["metrics"]["revenue"] == {"amount": 11 * 11_500, "currency": "USD"}
    assert score["metrics"]["weekly_spend"] == {"amount": 11 * 11_500 // 13, "currency": "USD"}
    assert score["rfm"] == {"recency": 5, "frequency": 5, "monetary": 5, "cell": "R5F5M5", "total": 15}
    assert score["pyramid"] == {"tier": "gold", "rank": 1}
    assert score["abc"] == "A"
    reasons = {reason["code"]: reason["detail"] for reason in score["reasons"]}
    assert reasons["rfm"] == "Last order 26 days ago, 11 orders, 1265.00 of revenue: bands 5, 5 and 5 of 5."
    assert set(reasons) == {"rfm", "abc", "svcd", "pyramid", "lifecycle", "stability"}


async def test_a_customer_without_an_order_has_few_classes(client, shop):
    score = (await client.get(f"/v1/customers/{shop['0']}/scores")).json()
    assert (score["rfm"], score["svcd"], score["pyramid"], score["abc"]) == (None, None, None, "C")
    assert (score["lifecycle"], score["stability"]) == ({"stage": "prospect", "state": None}, "potential")
    assert score["reasons"] == [{"code": "no_order", "detail": "No order before 2026-03-09."}]


async def test_scores_come_in_pages_and_as_streams_of_the_same_documents(client, shop):
    paged = await pages(client, "/v1/scores", limit=5)
    assert await streamed(client, "/v1/scores") == paged
    assert {each["customer_id"] for each in paged} == set(shop.values())
    rows = await table(client, "/v1/scores")
    assert [row["customer_id"] for row in rows] == [each["customer_id"] for each in paged]
    assert json.loads(rows[0]["metrics"]) == paged[0]["metrics"]


async def pages(client, path, **params):
    """All rows of a list, page after page; no page but the last is short of `limit`."""
    found, cursor = [], {}
    while True:
        page = (await client.get(path, params=params | cursor)).json()
        found += page["data"]
        if page["next_cursor"] is None:
            return found
        assert len(page["data"]) == params["limit"]
        cursor = {"cursor": page["next_cursor"]}


async def streamed(client, path):
    lines = await client.get(path, headers={"Accept": "application/x-ndjson"})
    return [json.loads(line) for line in lines.text.splitlines()]


async def table(client, path):
    answer = await client.get(path, headers={"Accept": "text/csv"})
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.mark.parametrize(
    ("wanted", "external_ids"),
    [
        ({"weekly_spend_gte": 9730}, {"11"}),
        ({"weekly_spend_gte": 9731}, set()),
        ({"weekly_spend_lt": 200}, {"0", "1"}),
        ({"tier": "gold"}, {"11"}),
        ({"cell": "R5F5M5"}, {"10", "11"}),
        ({"stage": "prospect"}, {"0"}),
        ({"order_count_gte": 3, "order_count_lt": 5}, {"3", "4"}),
        ({"abc": "C", "stability": "potential"}, {"0"}),
    ],
)
async def test_scores_are_filtered(client, shop, wanted, external_ids):
    found = (await client.get("/v1/scores", params=wanted | {"as_of": "2026-03-09"})).json()["data"]
    assert {each["external_id"] for each in found} == external_ids


@pytest.mark.parametrize(
    ("wanted", "external_ids"),
    [
        ([("cell", "R5F5M5"), ("cell", "R4F4M4")], {"8", "9", "10", "11"}),
        ([("svcd", "null")], {"0"}),
        ([("abc", "C"), ("abc", "A"), ("order_count_lt", "1")], {"0"}),
    ],
)
async def test_a_repeated_filter_means_any_of_them_and_null_none(client, shop, wanted, external_ids):
    found = (await client.get("/v1/scores", params=[*wanted, ("count", "true")])).json()
    assert {each["external_id"] for each in found["data"]} == external_ids
    assert found["total"] == len(external_ids)


async def test_scores_are_fetched_as_a_set(client, shop):
    found = (await client.get("/v1/scores", params={"ids": f"{shop['3']},{shop['7']}"})).json()["data"]
    assert {each["external_id"] for each in found} == {"3", "7"}


async def test_a_customer_is_named_by_an_external_id(client, shop):
    assert (await client.get("/v1/customers/ext:shop:7/scores")).json()["customer_id"] == shop["7"]
    (first, *_) = (await client.get("/v1/customers/ext:shop:7/next-purchases")).json()["data"]
    assert first["customer_id"] == shop["7"]
    assert (await client.get("/v1/customers/ext:shop:none/scores")).status_code == 404


async def test_a_score_not_changed_since_is_not_sent_again(client, shop):
    path = f"/v1/customers/{shop['7']}/scores"
    etag = (await client.get(path)).headers["ETag"]
    assert (await client.get(path, headers={"If-None-Match": etag})).status_code == 304


async def test_the_pages_of_a_list_are_of_one_run(client, committed, settings, shop, run_scoring):
    for path in ("/v1/scores", "/v1/next-purchases"):
        first = (await client.get(path, params={"limit": 1})).json()
        await run_scoring(committed, settings, AS_OF)
        second = (await client.get(path, params={"limit": 1, "cursor": first["next_cursor"]})).json()
        assert second["data"][0]["run_id"] == first["data"][0]["run_id"]
        assert (await client.get(path, params={"limit": 1})).json()["data"][0]["run_id"] != first["data"][0]["run_id"]
        foreign = base64.urlsafe_b64encode(b'["customer_id","x","y","z"]').decode()
        assert (await client.get(path, params={"cursor": foreign})).status_code == 400


async def test_scores_sort(client, shop):
    found = (await client.get("/v1/scores", params={"sort": "-revenue_amount", "limit": 2})).json()["data"]
    assert [each["external_id"] for each in found] == ["11", "10"]


async def test_next_purchases_carry_taste_and_a_product(client, shop):
    rows = (await client.get(f"/v1/customers/{shop['5']}/next-purchases")).json()["data"]
    assert [(row["rank"], row["product_type"]) for row in rows] == [(1, "BREAD"), (2, "MILK")]
    assert rows[0]["brand_loyalty"] == {"group": "switcher", "usage": "low"}
    assert rows[0]["expected_on"] == "2026-02-06"
    assert rows[0]["typical_product"]["id"]
    assert (rows[0]["horizon_days"], rows[0]["interval"], rows[0]["probability"]) == (14, None, None)


async def test_next_purchases_come_in_pages_and_as_streams_of_the_same_documents(client, shop):
    paged = await pages(client, "/v1/next-purchases", limit=3)
    assert len({(row["customer_id"], row["rank"]) for row in paged}) == 24
    assert await streamed(client, "/v1/next-purchases") == paged
    rows = await table(client, "/v1/next-purchases")
    assert [(row["customer_id"], int(row["rank"])) for row in rows] == [(r["customer_id"], r["rank"]) for r in paged]


async def test_a_customer_s_next_purchases_come_in_pages_and_as_streams_by_rank(client, shop):
    path = f"/v1/customers/{shop['5']}/next-purchases"
    paged = await pages(client, path, limit=1)
    assert [row["rank"] for row in paged] == [1, 2]
    assert await streamed(client, path) == paged
    assert [row["product_type"] for row in await table(client, path)] == ["BREAD", "MILK"]
    assert [row["rank"] for row in await pages(client, path, limit=1, sort="-rank")] == [2, 1]


async def test_next_purchases_are_filtered_by_type(client, shop):
    found = await pages(client, "/v1/next-purchases", limit=500, product_type="MILK")
    assert {row["product_type"] for row in found} == {"MILK"}
    assert {row["customer_id"] for row in found} == set(shop.values())


async def test_a_scored_customer_for_whom_nothing_is_due_has_an_empty_list(client, committed, shop):
    async with committed.begin() as session:
        await session.execute(text("delete from next_purchases where customer_id = :id"), {"id": shop["11"]})
    answer = await client.get(f"/v1/customers/{shop['11']}/next-purchases")
    assert answer.json() == {"data": [], "next_cursor": None}


@pytest.mark.parametrize(
    "path",
    [
        "/v1/scores?as_of=2020-01-01",
        "/v1/next-purchases?as_of=2020-01-01",
        "/v1/reports/pyramid?as_of=2020-01-01",
        "/v1/customers/01890000-0000-7000-8000-000000000001/scores",
        "/v1/customers/01890000-0000-7000-8000-000000000001/next-purchases",
        "/v1/scoring-runs/01890000-0000-7000-8000-000000000001",
        "/v1/scoring-models/01890000-0000-7000-8000-000000000001",
        "/v1/reports/rfm?run=01890000-0000-7000-8000-000000000001",
    ],
)
async def test_what_is_not_there_is_404(client, shop, path):
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/v1/scores?tier=diamond",
        "/v1/scores?weekly_spend_gte=many",
        "/v1/scores?weekly=1",
        "/v1/scores?as_of=2026-02-30",
        "/v1/customers/12/scores",
        "/v1/reports/abc?format=pdf",
    ],
)
async def test_what_cannot_be_asked_is_422(client, shop, path):
    answer = await client.get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("name", REPORTS)
async def test_a_report_is_json_a_table_and_a_picture(client, shop, name):
    report = (await client.get(f"/v1/reports/{name}", params={"as_of": "2026-03-09"})).json()
    assert (report["report"], report["as_of"], report["currency"]) == (name, "2026-03-09", "USD")
    table = await client.get(f"/v1/reports/{name}", params={"format": "csv", "run": report["run_id"]})
    assert len(list(csv.reader(io.StringIO(table.text)))) == len(report["rows"]) + 1
    picture = await client.get(f"/v1/reports/{name}", params={"format": "svg"})
    assert picture.headers["content-type"] == "image/svg+xml"
    assert ElementTree.fromstring(picture.text).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.parametrize("form", ["text/csv", "image/svg+xml", "application/json"])
async def test_a_report_comes_in_the_form_its_reader_accepts(client, shop, form):
    answer = await client.get("/v1/reports/abc", headers={"Accept": form})
    assert answer.headers["content-type"].partition(";")[0] == form
    asked = await client.get("/v1/reports/abc", params={"format": "json"}, headers={"Accept": form})
    assert asked.json()["report"] == "abc"


async def test_the_pyramid_s_shares_are_of_all(client, shop):
    rows = (await client.get("/v1/reports/pyramid")).json()["rows"]
    assert sum(row["customer_count"] for row in rows) == 11
    assert sum(row["revenue_share"] for row in rows) == pytest.approx(1, abs=1e-4)


async def test_a_model_is_made_in_versions_and_used_by_name(client, committed, settings, shop, run_job):
    first = await client.post("/v1/scoring-models", json={"name": "weekly", "thresholds": {"bands": 3}})
    second = await client.post("/v1/scoring-models", json={"name": "weekly", "thresholds": {"bands": 4}})
    assert (first.json()["version"], second.json()["version"]) == (1, 2)
    assert first.json()["thresholds"]["window_days"] == 84
    run = (await client.post("/v1/scoring-runs", json={"as_of": "2026-03-09", "model": "weekly"})).json()
    await run_job(committed, run["id"])
    report = (await client.get("/v1/reports/rfm", params={"run": run["id"]})).json()
    assert report["model_version"] == "weekly-2"
    assert max(row["recency"] for row in report["rows"]) == 4
    assert {row["bands"] for row in report["rows"]} == {4}
    score = (await client.get(f"/v1/customers/{shop['11']}/scores")).json()
    assert score["model_version"] == "default-1"


async def test_runs_are_listed_by_day(client, shop):
    assert await pages(client, "/v1/scoring-runs", limit=1, as_of="2026-03-08") == []
    runs = await pages(client, "/v1/scoring-runs", limit=1, as_of=str(AS_OF))
    assert {run["as_of"] for run in runs} == {str(AS_OF)}
    assert runs == sorted(runs, key=lambda run: run["created_at"], reverse=True)


async def test_models_are_listed_by_name_in_pages_and_as_streams(client):
    made = [(await client.post("/v1/scoring-models", json={"name": "listed"})).json() for _ in range(3)]
    assert await pages(client, "/v1/scoring-models", limit=2, name="listed", sort="version") == made
    assert [each for each in await streamed(client, "/v1/scoring-models") if each["name"] == "listed"] == made[::-1]


async def test_of_two_who_make_the_next_version_at_once_the_second_is_told(client, committed):
    waiting = text("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%model%'")

    async def blocked():
        async with committed.begin() as watcher:
            return await watcher.scalar(waiting)

    async with committed.begin() as session:
        await scoring_models.create_version(session, NewScoringModel(name="contested"))
        second = asyncio.create_task(client.post("/v1/scoring-models", json={"name": "contested"}))
        await eventually(blocked, within_s=3)
    refused = await second
    assert (refused.status_code, refused.json()["code"]) == (409, "scoring_model_changed")


@pytest.mark.parametrize(
    "thresholds", [{"gold_percent": 5}, {"bands": 1}, {"brand_percent": 50}, {"unknown": 1}, {"window_days": 0}]
)
async def test_thresholds_that_make_no_sense_are_refused(client, thresholds):
    answer = await client.post("/v1/scoring-models", json={"name": "odd", "thresholds": thresholds})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("/thresholds")
