"""Long work survives what happens to requests, workers and processes."""

import asyncio
import signal
import subprocess
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import text

from crmkit import worker
from crmkit.data import db
from crmkit.data.db import Database
from crmkit.settings import Settings
from crmkit.testing import TestClient, eventually
from crmkit.web import http
from crmkit.work import jobs, leases

Handlers = Mapping[str, jobs.Handler]
ENDED = {"succeeded", "failed", "cancelled"}


async def start(client: TestClient, **params: Any) -> str:
    answer = await client.post("/v1/counts", json=params)
    assert answer.status_code == 202, answer.text
    location = answer.headers["location"]
    assert location.endswith(answer.json()["id"])
    return str(location)


async def read(client: TestClient, location: str) -> dict[str, Any]:
    job: dict[str, Any] = (await client.get(location)).raise_for_status().json()
    return job


async def ended(client: TestClient, location: str, within_s: float = 40) -> dict[str, Any]:
    async def has_ended() -> dict[str, Any] | None:
        job = await read(client, location)
        return job if job["status"] in ENDED else None

    found: dict[str, Any] = await eventually(has_ended, within_s=within_s)
    return found


async def under_way(client: TestClient, location: str, processed: int = 1) -> None:
    async def has_done_some() -> bool:
        return bool((await read(client, location))["processed"] >= processed)

    await eventually(has_done_some, within_s=40)


async def made_by(database: Database, location: str) -> list[int]:
    async with database.begin() as session:
        names = await session.scalars(
            text("select name from things where name like :job || '-%'"), {"job": location.rpartition("/")[2]}
        )
        return sorted(int(name.rpartition("-")[2]) for name in names)


async def leases_of(database: Database, location: str) -> list[Any]:
    async with database.begin() as session:
        of_job = text("select * from leases where job_id = cast(:job as uuid)")
        return list((await session.execute(of_job, {"job": location.rpartition("/")[2]})).all())


@pytest.fixture
async def working(settings: Settings, database: Database, job_handlers: Handlers) -> AsyncIterator[asyncio.Task[None]]:
    """The part of a worker that runs jobs, in this process."""
    async with http.client(settings) as gateway:
        task = asyncio.create_task(leases.work_forever(database, gateway, job_handlers, db.is_transient))
        yield task
        await worker.stop([task])


async def test_a_refused_request_leaves_no_job(client: TestClient, database: Database) -> None:
    async def count() -> int:
        async with database.begin() as session:
            return await session.scalar(text("select count(*) from jobs")) or 0

    before = await count()
    assert (await client.post("/v1/counts", json={"to": 1, "then_fail": True})).status_code == 409
    assert await count() == before


async def test_a_job_tells_its_progress_and_result(
    client: TestClient, database: Database, working: asyncio.Task[None]
) -> None:
    location = await start(client, to=25)
    job = await ended(client, location)
    assert (job["status"], job["processed"], job["total"], job["failed"]) == ("succeeded", 25, 25, 2)
    assert job["result"]["to"] == 25
    assert job["created_at"] <= job["started_at"] <= job["finished_at"]
    assert job["errors_url"] == f"{location}/errors"
    assert await made_by(database, location) == list(range(1, 26))
    assert await leases_of(database, location) == []


async def test_refused_items_are_listed_three_ways(client: TestClient, working: asyncio.Task[None]) -> None:
    url = (await ended(client, await start(client, to=25)))["errors_url"]
    listed = (await client.get(url, params={"limit": 1})).json()
    assert listed["data"] == [{"position": 10, "code": "tenth", "detail": "No tenth.", "content": "=1+1"}]
    rest = (await client.get(url, params={"limit": 1, "cursor": listed["next_cursor"]})).json()
    assert [entry["position"] for entry in rest["data"]] == [20]
    assert rest["next_cursor"] is None
    lines = await client.get(url, headers={"accept": "application/x-ndjson"})
    assert lines.text.count("\n") == 2
    table = await client.get(url, headers={"accept": "text/csv"})
    assert table.text.splitlines() == [
        "position,code,detail,content",
        "10,tenth,No tenth.,'=1+1",
        "20,tenth,No tenth.,'=1+1",
    ]


async def test_what_a_failed_job_tells(client: TestClient, working: asyncio.Task[None]) -> None:
    refused = await ended(client, await start(client, to=1, kind="refuse"))
    assert (refused["status"], refused["error"]) == ("failed", "The input names nobody.")
    broken = await ended(client, await start(client, to=1, kind="fail_inside"))
    assert broken["status"] == "failed"
    assert broken["error"] == f"A fault on our side, logged under {broken['id']}."
    unknown = await ended(client, await start(client, to=1, kind="of an older release"))
    assert unknown["status"] == "failed"


async def test_a_queued_job_is_cancelled_at_once(
    client: TestClient, database: Database, job_handlers: Handlers
) -> None:
    location = await start(client, to=5)
    assert (await client.delete(location)).status_code == 204
    job = await read(client, location)
    assert job["status"] == "cancelled"
    assert job["finished_at"]
    await jobs.execute(database, client, job_handlers, uuid.UUID(job["id"]))
    assert (await read(client, location))["status"] == "cancelled"
    assert await made_by(database, location) == []
    again = await client.delete(location)
    assert (again.status_code, again.json()["code"]) == (409, "job_finished")
    audit = (await client.get("/v1/audit/sample", params={"resource": location})).json()["data"]
    assert [entry["action"] for entry in audit] == ["cancel_job"]


async def test_a_running_job_stops_at_its_next_chunk(
    client: TestClient, database: Database, working: asyncio.Task[None]
) -> None:
    location = await start(client, to=1000, pause_s=0.01)
    await under_way(client, location)
    assert (await client.delete(location)).status_code == 204
    job = await ended(client, location)
    assert job["status"] == "cancelled"
    assert await made_by(database, location) == list(range(1, job["processed"] + 1))
    assert job["processed"] < 1000


async def test_an_unknown_job_is_not_found(client: TestClient) -> None:
    unknown = f"/v1/jobs/sample/{uuid.uuid4()}"
    assert [(await client.request(method, unknown)).status_code for method in ("GET", "DELETE")] == [404, 404]
    assert (await client.get(f"{unknown}/errors")).status_code == 404


async def test_a_run_taken_for_dead_does_nothing_more(
    client: TestClient, database: Database, job_handlers: Handlers
) -> None:
    location = await start(client, to=60, pause_s=0.01)
    job_id = uuid.UUID(location.rpartition("/")[2])
    runs = [asyncio.create_task(jobs.execute(database, client, job_handlers, job_id))]
    await under_way(client, location, processed=5)
    runs += [asyncio.create_task(jobs.execute(database, client, job_handlers, job_id)) for _ in range(2)]
    await asyncio.gather(*runs)
    job = await read(client, location)
    assert (job["status"], job["processed"]) == ("succeeded", 60)
    assert await made_by(database, location) == list(range(1, 61))


async def test_a_job_at_a_bad_moment_is_tried_again_later(
    client: TestClient, database: Database, job_handlers: Handlers
) -> None:
    async def meet_a_bad_moment(run: jobs.Run) -> None:
        raise ConnectionError("a moment ago it was there")

    location = await start(client, to=1)
    handlers: Handlers = {"count": meet_a_bad_moment}
    assert await leases.work_once(database, client, handlers)
    assert not await leases.work_once(database, client, handlers)
    (lease,) = await leases_of(database, location)
    assert lease.faults == 1
    assert (await read(client, location))["status"] == "running"
    async with database.begin() as session:
        await session.execute(text("update leases set until = now()"))
    assert await leases.work_once(database, client, job_handlers)
    assert (await read(client, location))["status"] == "succeeded"


async def test_a_job_is_claimed_by_one_of_many(client: TestClient, database: Database) -> None:
    runs: list[uuid.UUID] = []

    async def note(run: jobs.Run) -> None:
        runs.append(run.id)
        await asyncio.sleep(0.05)

    locations = [await start(client, to=1) for _ in range(5)]
    found = await asyncio.gather(*(leases.work_once(database, client, {"count": note}) for _ in range(12)))
    assert sorted(str(run) for run in runs) == sorted(location.rpartition("/")[2] for location in locations)
    assert sum(found) == 5


async def test_a_killed_workers_job_goes_on_by_itself(
    client: TestClient,
    database: Database,
    job_handlers: Handlers,
    start_worker: Callable[..., subprocess.Popen[bytes]],
) -> None:
    location = await start(client, to=120, pause_s=0.05)
    first = start_worker()
    await under_way(client, location, processed=12)
    other = asyncio.create_task(leases.work_forever(database, client, job_handlers, db.is_transient))
    first.kill()
    first.wait()
    done = (await read(client, location))["processed"]
    killed_at = time.monotonic()
    await under_way(client, location, processed=done + 1)
    assert time.monotonic() - killed_at < leases.LEASE.total_seconds() + 4
    job = await ended(client, location)
    await worker.stop([other])
    assert (job["status"], job["processed"], job["failed"]) == ("succeeded", 120, 12)
    assert await made_by(database, location) == list(range(1, 121))
    errors = await client.get(job["errors_url"], params={"limit": 500})
    assert len(errors.json()["data"]) == 12


async def test_a_stopped_worker_hands_its_job_on(
    client: TestClient, database: Database, start_worker: Callable[..., subprocess.Popen[bytes]]
) -> None:
    location = await start(client, to=100, pause_s=0.05)
    first = start_worker()
    await under_way(client, location, processed=3)
    asked_at = time.monotonic()
    first.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(first.wait) == 0
    assert time.monotonic() - asked_at < 8
    start_worker()
    job = await ended(client, location)
    assert (job["status"], job["processed"]) == ("succeeded", 100)
    assert await made_by(database, location) == list(range(1, 101))


async def test_equal_jobs_of_two_services_do_not_meet(
    client: TestClient,
    second_client: TestClient,
    database: Database,
    second_settings: Settings,
    working: asyncio.Task[None],
    job_handlers: Handlers,
) -> None:
    second_database = Database.of(second_settings)
    async with http.client(second_settings) as gateway:
        other = asyncio.create_task(leases.work_forever(second_database, gateway, job_handlers, db.is_transient))
        mine = await start(client, to=60, pause_s=0.02)
        theirs = await start(second_client, to=60, pause_s=0.02)
        assert theirs.startswith("/v1/jobs/second/")
        await under_way(client, mine)
        await under_way(second_client, theirs)
        await client.delete(mine)
        assert (await ended(client, mine))["status"] == "cancelled"
        job = await ended(second_client, theirs)
        assert (job["status"], job["processed"]) == ("succeeded", 60)
        await worker.stop([other])
    await second_database.close()


async def test_jobs_outlive_a_restart_of_the_database(
    client: TestClient,
    database: Database,
    working: asyncio.Task[None],
    app: FastAPI,
    terminate_all: Callable[[], Awaitable[int]],
) -> None:
    location = await start(client, to=60, pause_s=0.02)
    await under_way(client, location)
    assert await terminate_all() > 2
    job = await ended(client, location)
    assert (job["status"], job["processed"]) == ("succeeded", 60)
    assert await made_by(database, location) == list(range(1, 61))
    assert not working.done()
    assert (await ended(client, await start(client, to=3)))["status"] == "succeeded"
