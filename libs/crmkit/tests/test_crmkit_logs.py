"""What is logged says where it comes from: from a request, through its events and jobs."""

import io
import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from crmkit import telemetry
from crmkit.data.db import Database
from crmkit.events import consumers
from crmkit.settings import Settings
from crmkit.testing import TestClient, event, eventually
from crmkit.web import faults

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def logged(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """What this process logs from here on, as it is written."""
    written = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        telemetry.configure(settings)
        for module in (faults, consumers):
            # One that has logged before keeps the stream it had.
            patched.setattr(module, "log", structlog.get_logger())
        yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    telemetry.configure(settings)


async def test_a_fault_of_a_request_is_logged_under_its_id(client: TestClient, logged: Lines) -> None:
    answer = await client.get("/v1/fault", headers={"x-request-id": "the-request"})
    assert answer.status_code == 500
    (line,) = [line for line in logged() if line["event"] == "unhandled_exception"]
    assert line["request_id"] == answer.headers["x-request-id"] == "the-request"
    assert "secret of the house" in line["exception"]


async def test_a_parked_event_is_logged_under_the_request_that_made_it(
    database: Database, logged: Lines, copy: consumers.Apply
) -> None:
    consumer = consumers.Consumer(f"logs {uuid.uuid4()}", copy)
    async with database.connection() as connection:
        await connection.execute("delete from cured")
        await connection.execute("insert into feed_cursors (consumer) values ($1)", consumer.name)
    made = event("perennial.thing.created.v1", {"name": "poison"}, request_id="the-request")
    await consumers.apply_batch(database, consumer, "", [made])
    (line,) = [line for line in logged() if line["event"] == "event_parked"]
    assert (line["request_id"], line["causation_id"]) == ("the-request", made.id)


async def test_a_failed_job_is_logged_under_its_request_and_its_id(
    client: TestClient, start_worker: Callable[..., subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    body, headers = {"to": 1, "kind": "fail_inside"}, {"x-request-id": "the-request"}
    job = (await client.post("/v1/counts", json=body, headers=headers)).json()
    start_worker()

    async def has_failed() -> bool:
        return bool((await client.get(f"/v1/jobs/sample/{job['id']}")).json()["status"] == "failed")

    await eventually(has_failed, within_s=60)
    lines = [json.loads(line) for line in (tmp_path / "worker-0.log").read_text().splitlines()]
    (line,) = [line for line in lines if line["event"] == "job_failed"]
    assert (line["request_id"], line["job"], line["kind"]) == ("the-request", job["id"], "fail_inside")
