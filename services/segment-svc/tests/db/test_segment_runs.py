"""Scoring runs as jobs: sliced, resumed after a kill, cancelled, seen only when whole, announced once."""

import asyncio
import random
from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import text

from crmkit import testing
from crmkit.work import jobs
from segment.scoring_runs import repository, service
from segment.scoring_runs.schemas import NewScoringRun

AS_OF = date(2026, 3, 9)
RESULTS = {
    "scores": "customer_id, recency_band, frequency_band, monetary_band, abc, rank, tier, svcd, stage, stability",
    "next_purchases": "customer_id, rank, product_type, score, expected_on, typical_product_id",
    "brand_loyalty_by_usage": "customer_id, product_category, loyal_to, usage, unit_thousandths",
}


@pytest.fixture(autouse=True)
async def shop(committed, feed, monkeypatch):
    """Thirty customers with a year of orders, scored in slices of a few of them."""
    monkeypatch.setattr(service, "score", partial(service.score, chunk_lines=60))
    chance = random.Random(7)
    products = [feed.product(f"TYPE {n}", brand=("private", "national")[n % 2]) for n in range(15)]
    for number in range(30):
        customer = feed.customer(str(number))
        for _ in range(chance.randrange(12)):
            lines = [(chance.choice(products), chance.randrange(3), chance.randrange(900)) for _ in range(4)]
            feed.order(customer, str(AS_OF - timedelta(chance.randrange(1, 300))), lines)
    async with committed.begin() as session:
        for table in ("orders", "customers", "products", "customer_external_ids"):
            await session.execute(text(f"delete from {table}"))
        await feed.apply(session)


async def results(database, run_id):
    found = {}
    async with database.begin() as session:
        for table, columns in RESULTS.items():
            rows = await session.execute(text(f"select {columns} from {table} where run_id = :id"), {"id": run_id})
            found[table] = sorted(map(repr, rows))
    return found


async def count(database, sql, **values):
    async with database.begin() as session:
        return await session.scalar(text(sql), values)


async def start(database, settings, as_of=AS_OF, model="default"):
    async with database.begin() as session:
        return await service.start(session, NewScoringRun(as_of=as_of, model=model), settings)


async def test_a_run_killed_at_any_slice_ends_as_an_undisturbed_one(
    committed, settings, run_scoring, run_job, monkeypatch
):
    undisturbed = await run_scoring(committed, settings, AS_OF)
    wanted = await results(committed, undisturbed.id)
    assert all(wanted.values())
    killed = await start(committed, settings)
    chance = random.Random(1)
    finish, slices = repository.finish, repository.score_slice

    async def die_after(work, *args, **named):
        await work(*args, **named)
        if chance.random() < 0.5:
            raise asyncio.CancelledError

    monkeypatch.setattr(repository, "score_slice", lambda *a: die_after(slices, *a))
    monkeypatch.setattr(repository, "finish", lambda *a, **n: die_after(finish, *a, **n))
    deaths = 0
    while await count(committed, "select status <> 'succeeded' from jobs where id = :id", id=killed.id):
        try:
            await run_job(committed, killed.id)
        except asyncio.CancelledError:
            deaths += 1
    assert deaths > 5
    assert await results(committed, killed.id) == wanted
    processed = await count(committed, "select array[processed, total] from jobs where id = :id", id=killed.id)
    assert processed == [30, 30]
    for table in ("run_metrics", "run_popularity"):
        assert await count(committed, f"select count(*) from {table}") == 0


async def test_a_customer_who_comes_between_a_kill_and_the_next_attempt_breaks_nothing(
    committed, settings, run_job, monkeypatch
):
    job = await start(committed, settings)
    finish_slice = service._score_slice

    async def die_after(*args):
        await finish_slice(*args)
        raise asyncio.CancelledError

    monkeypatch.setattr(service, "_score_slice", die_after)
    with pytest.raises(asyncio.CancelledError):
        await run_job(committed, job.id)
    assert await count(committed, "select count(*) from run_metrics")
    monkeypatch.undo()
    newcomer = (
        "insert into customers (customer_id, version, kind) values (uuidv7(), 1, 'consumer') returning customer_id"
    )
    assert await count(committed, newcomer)
    await run_job(committed, job.id)
    assert await count(committed, "select status = 'succeeded' from jobs where id = :id", id=job.id)


async def test_slices_do_not_show_in_the_result(committed, settings, run_scoring, monkeypatch):
    many = await run_scoring(committed, settings, AS_OF)
    monkeypatch.setattr(service, "score", partial(service.score, chunk_lines=10**6))
    one = await run_scoring(committed, settings, AS_OF)
    assert await results(committed, many.id) == await results(committed, one.id)


async def test_a_run_cancelled_before_it_began_leaves_nothing(committed, settings, run_job):
    job = await start(committed, settings)
    async with committed.begin() as session:
        await session.execute(text("update jobs set cancel_requested = true where id = :id"), {"id": job.id})
    await run_job(committed, job.id)
    assert await count(committed, "select status from jobs where id = :id", id=job.id) == "cancelled"
    assert not any((await results(committed, job.id)).values())


async def test_a_run_cancelled_half_way_leaves_nothing(committed, settings, run_job, monkeypatch):
    job = await start(committed, settings)
    plans = repository.score_population

    async def cancelled_meanwhile(session, terms):
        await plans(session, terms)
        await session.execute(text("update jobs set cancel_requested = true where id = :id"), {"id": job.id})

    monkeypatch.setattr(repository, "score_population", cancelled_meanwhile)
    await run_job(committed, job.id)
    assert await count(committed, "select status from jobs where id = :id", id=job.id) == "cancelled"
    assert not any((await results(committed, job.id)).values())
    assert await count(committed, "select count(*) from run_metrics") == 0


async def test_what_a_failed_run_left_is_thrown_away_by_the_next(
    committed, settings, run_scoring, run_job, monkeypatch
):
    job = await start(committed, settings)
    with monkeypatch.context() as broken:
        broken.setattr(repository, "score_population", None)
        await run_job(committed, job.id)
    assert await count(committed, "select status from jobs where id = :id", id=job.id) == "failed"
    assert await count(committed, "select count(*) from run_metrics") == 30
    await run_scoring(committed, settings, AS_OF)
    assert await count(committed, "select count(*) from run_metrics") == 0
    assert not any((await results(committed, job.id)).values())


async def test_the_newest_date_is_current_and_a_run_over_the_past_is_not(committed, settings, run_scoring):
    newest = await run_scoring(committed, settings, AS_OF)
    past = await run_scoring(committed, settings, AS_OF - timedelta(30))
    assert await count(committed, "select run_id from current_run") == newest.id
    async with committed.begin() as session:
        assert await service.finished(session, as_of=None) == newest.id
        assert await service.finished(session, as_of=AS_OF - timedelta(30)) == past.id


async def test_changes_are_announced_once_and_the_first_time_all(committed, settings, client, run_scoring):
    await count(committed, "with d as (delete from current_run returning 1) select count(*) from d")
    await count(committed, "with d as (delete from outbox returning 1) select count(*) from d")
    await run_scoring(committed, settings, AS_OF)
    told = await testing.read_feed(client, committed, "segment")
    changed = [event for event in told if event.type == "perennial.score.changed.v1"]
    assert len(changed) == len({event.subject for event in changed}) == 30
    (finished,) = [event for event in told if event.type == "perennial.scoring_run.finished.v1"]
    assert (finished.read(dict)["status"], finished.read(dict)["customer_count"]) == ("succeeded", 30)
    again = await run_scoring(committed, settings, AS_OF)
    more = await testing.read_feed(client, committed, "segment", told[-1].sequence)
    assert [event.type for event in more] == ["perennial.scoring_run.finished.v1"]
    assert more[0].read(dict)["id"] == str(again.id)


async def test_a_trial_model_is_read_and_told_to_nobody(committed, settings, client, run_scoring, run_job):
    live = await run_scoring(committed, settings, AS_OF)
    await client.post("/v1/scoring-models", json={"name": "trial", "thresholds": {"platinum_percent": 14}})
    before = await testing.read_feed(client, committed, "segment")
    job = await start(committed, settings, model="trial")
    await run_job(committed, job.id)
    told = await testing.read_feed(client, committed, "segment", before[-1].sequence)
    assert [event.type for event in told] == ["perennial.scoring_run.finished.v1"]
    (trial,) = (await client.get("/v1/scores", params={"model": "trial", "tier": "platinum", "limit": 1})).json()[
        "data"
    ]
    assert (trial["run_id"], trial["model"]) == (str(job.id), "trial")
    path = f"/v1/customers/{trial['customer_id']}/scores"
    assert (await client.get(path, params={"model": "trial"})).json() == trial
    assert (await client.get(path)).json()["run_id"] == str(live.id)


async def test_an_announced_score_is_the_score_as_its_get_answers(committed, settings, client, run_scoring):
    await count(committed, "with d as (delete from current_run returning 1) select count(*) from d")
    await run_scoring(committed, settings, AS_OF)
    told = await testing.read_feed(client, committed, "segment")
    event = [each for each in told if each.type == "perennial.score.changed.v1"][-1]
    answer = await client.get(f"/v1/customers/{event.subject}/scores")
    assert event.read(dict) == answer.json()


async def test_a_finished_run_cannot_be_emptied(committed, settings, run_scoring):
    job = await run_scoring(committed, settings, AS_OF)
    with pytest.raises(Exception, match="is finished and stays"):
        async with committed.begin() as session:
            await repository.empty_run(session, job.id)
    assert jobs.location("segment", job.id) == f"/v1/jobs/segment/{job.id}"
