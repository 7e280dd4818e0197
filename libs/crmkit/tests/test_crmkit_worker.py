"""A worker process as its supervisor sees it."""

import asyncio
import json
import signal
import subprocess
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from crmkit.testing import TestClient, eventually

Start = Callable[..., subprocess.Popen[bytes]]


async def everything_is_sequenced(client: TestClient) -> bool:
    return bool((await client.get("/v1/feeds/sample/head")).json()["unsequenced"] == 0)


async def make(client: TestClient) -> None:
    assert (await client.post("/v1/quick-things", json={"name": f"{uuid.uuid4()}"})).status_code == 201


async def test_a_part_that_fails_takes_the_process_with_it(start_worker: Start, tmp_path: Path) -> None:
    process = start_worker(PERENNIAL_FALLS_OVER="true")
    assert await asyncio.to_thread(process.wait, 60) == 1
    entries = [json.loads(line) for line in (tmp_path / "worker-0.log").read_text().splitlines()]
    (last,) = [entry for entry in entries if entry["event"] == "worker_failed"]
    assert last["level"] == "critical"
    assert "a part of the worker failed" in last["exception"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_an_idle_worker_stops_at_once_when_told(
    client: TestClient, start_worker: Start, number: signal.Signals
) -> None:
    await make(client)
    process = start_worker()
    await eventually(lambda: everything_is_sequenced(client), within_s=40)
    told_at = time.monotonic()
    process.send_signal(number)
    assert await asyncio.to_thread(process.wait, 60) == 0
    assert time.monotonic() - told_at < 8


async def test_a_worker_outlives_a_restart_of_the_database(
    client: TestClient, start_worker: Start, terminate_all: Callable[[], Awaitable[int]]
) -> None:
    await make(client)
    process = start_worker()
    for _ in range(2):
        await eventually(lambda: everything_is_sequenced(client), within_s=40)
        await terminate_all()
        await make(client)
        job = await client.post("/v1/counts", json={"to": 3})

        async def has_succeeded(location: str = job.headers["location"]) -> bool:
            return bool((await client.get(location)).json()["status"] == "succeeded")

        await eventually(lambda: everything_is_sequenced(client), within_s=40)
        await eventually(has_succeeded, within_s=40)
    assert process.poll() is None


async def test_a_workers_health_is_its_metrics_port(start_worker: Start, free_port: int) -> None:
    process = start_worker(PERENNIAL_METRICS_PORT=str(free_port))

    async def answers() -> bool:
        async with httpx.AsyncClient() as internal:
            try:
                return "outbox_sequenced_total" in (await internal.get(f"http://127.0.0.1:{free_port}/metrics")).text
            except httpx.ConnectError:
                return False

    assert await eventually(answers, within_s=40)
    process.terminate()
    await asyncio.to_thread(process.wait)
    assert not await answers()
