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
from crmkit.data.db import Database
from crmkit.settings import Settings
from crmkit.testing import TestClient, eventually
from crmkit.web import http
from crmkit.work import jobs, messenger

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


async def messages(database: Database, location: str, schema: str = "sample_jobs") -> list[int]:
    async with database.begin() as session:
        of_job = f"select id from {schema}.procrastinate_jobs where args ->> 'job_id' = :job"
        return list(await session.scalars(text(of_job), {"job": location.rpartition("/")[2]}))


@pytest.fixture
async def working(settings: Settings, database: Database, job_handlers: Handlers) -> AsyncIterator[asyncio.Task[None]]:
    """The part of a worker that runs jobs, in this process."""
    async with http.client(settings) as gateway:
        task = asyncio.create_task(messenger.work_forever(settings, database, gateway, job_handlers))
        yield task
        await worker.stop([task])


async def test_a_refused_request_leaves_no_job(client: TestClient, database: Database) -> None:
    async def counts() -> tuple[Any, ...]:
        async with database.begin() as session:
            both = "select (select count(*) from jobs), (select count(*) from sample_jobs.procrastinate_jobs)"
            return tuple((await session.execute(text(both))).one())

    before = await counts()
    assert (await client.post("/v1/counts", json={"to": 1, "then_fail": True})).status_code == 409
    assert await counts() == before


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

    async def message_is_gone() -> bool:
        return not await messages(database, location)

    await eventually(message_is_gone)


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


async def test_a_job_whose_message_was_lost_starts_again(client: TestClient, database: Database) -> None:
    location = await start(client, to=1)
    async with database.begin() as session:
        await session.execute(
            text("delete from sample_jobs.procrastinate_jobs where args ->> 'job_id' = :job"),
            {"job": location.rpartition("/")[2]},
        )
    assert await messages(database, location) == []
    await messenger.bring_back(database, "sample")
    assert len(await messages(database, location)) == 1
    assert await messenger.bring_back(database, "sample") == 0


async def test_a_killed_workers_job_goes_on_by_itself(
    client: TestClient, database: Database, start_worker: Callable[..., subprocess.Popen[bytes]]
) -> None:
    location = await start(client, to=120, pause_s=0.05)
    first = start_worker()
    await under_way(client, location, processed=12)
    first.kill()
    first.wait()
    done = (await read(client, location))["processed"]
    killed_at = time.monotonic()
    start_worker()
    await under_way(client, location, processed=done + 1)
    assert time.monotonic() - killed_at < messenger.DEAD_AFTER_S + 10
    job = await ended(client, location)
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
        other = asyncio.create_task(messenger.work_forever(second_settings, second_database, gateway, job_handlers))
        mine = await start(client, to=60, pause_s=0.02)
        theirs = await start(second_client, to=60, pause_s=0.02)
        assert theirs.startswith("/v1/jobs/second/")
        (my_message,) = await messages(database, mine)
        (their_message,) = await messages(second_database, theirs, "second_jobs")
        assert (my_message // 10**12, their_message // 10**12) == (9, 8)
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
    bringing_back = asyncio.create_task(messenger.bring_back_forever(database, "sample"))
    job = await ended(client, location)
    assert (job["status"], job["processed"]) == ("succeeded", 60)
    assert await made_by(database, location) == list(range(1, 61))
    assert not working.done()
    assert (await ended(client, await start(client, to=3)))["status"] == "succeeded"
    await worker.stop([bringing_back])
