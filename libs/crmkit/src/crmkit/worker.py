"""A service's worker process: sequencer, consumers, jobs, and the sweeping of what is out of date."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import procrastinate
import structlog
import uvloop
from sqlalchemy import text

from crmkit import consumers, db, http, jobs, outbox, telemetry
from crmkit.consumers import Consumer
from crmkit.db import Database
from crmkit.settings import Settings

log = structlog.get_logger()

HEARTBEAT_S: Final = 3.0
DEAD_AFTER_S: Final = 10.0
SWEEP_S: Final = 60.0
JOBS_AT_ONCE: Final = 2

Sweep = Callable[[Database], Awaitable[None]]


@dataclass(frozen=True)
class Worker:
    """What a service's worker does.

    sweeps: own periodic work, about once a minute, which must bear being run twice at once.
    """

    settings: Settings
    jobs: Mapping[str, jobs.Handler] = field(default_factory=dict)
    consumers: Sequence[Consumer] = ()
    sweeps: Sequence[Sweep] = ()


def main(factory: Callable[[], Worker]) -> None:
    """`run` (default), or `replay NAME`: try the events parked by consumer NAME again."""
    worker = factory()
    telemetry.configure(worker.settings)
    match sys.argv[1:]:
        case [] | ["run"]:
            telemetry.serve_metrics(worker.settings)
            uvloop.run(run(worker))
        case ["replay", name]:
            applied, parked = uvloop.run(_replay(worker, name))
            print(f"{applied} applied, {parked} still parked")
        case _:
            sys.exit(f"usage: python -m {worker.settings.service}.worker [run | replay CONSUMER]")


async def run(worker: Worker) -> None:
    """Run until SIGTERM or SIGINT; a part that fails takes the process with it, to be started afresh."""
    database = Database.of(worker.settings)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with http.client(worker.settings) as gateway, asyncio.TaskGroup() as group:
        parts = [group.create_task(part) for part in _parts(worker, database, gateway)]
        await stop.wait()
        for part in parts:
            part.cancel()
    await database.close()


def _parts(worker: Worker, database: Database, gateway: http.Client) -> list[Any]:
    parts = [
        outbox.sequence_forever(database, worker.settings.service),
        _sweep_forever(database, (_forget_old_answers, *worker.sweeps)),
        *(consumers.consume_forever(database, gateway, each) for each in worker.consumers),
    ]
    if worker.jobs:
        parts.append(_work(worker, database, gateway))
    return parts


async def _work(worker: Worker, database: Database, gateway: http.Client) -> None:
    service = worker.settings.service
    app = _procrastinate(worker.settings)

    @app.task(name=jobs.TASK, queue=service, retry=procrastinate.RetryStrategy(max_attempts=20, wait=1, linear_wait=1))
    async def run_job(job_id: str) -> None:
        await jobs.execute(database, gateway, dict(worker.jobs), UUID(job_id))

    async with app.open_async(), asyncio.TaskGroup() as group:
        group.create_task(_requeue_forever(app))
        await app.run_worker_async(
            queues=[service],
            concurrency=JOBS_AT_ONCE,
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=DEAD_AFTER_S,
            shutdown_graceful_timeout=2,
            delete_jobs="successful",
        )


def _procrastinate(settings: Settings) -> procrastinate.App:
    options = f"-c search_path={settings.service}_jobs"
    connector = procrastinate.PsycopgConnector(
        conninfo=settings.dsn(), kwargs={"options": options}, min_size=1, max_size=4
    )
    return procrastinate.App(connector=connector)


async def _requeue_forever(app: procrastinate.App) -> None:
    """Give the jobs of dead workers to the living."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
            log.warning("job_requeued", job=job.task_kwargs.get("job_id"))
            await app.job_manager.retry_job(job)
        await asyncio.sleep(HEARTBEAT_S)


async def _sweep_forever(database: Database, sweeps: Sequence[Sweep]) -> None:
    while True:
        for sweep in sweeps:
            try:
                await sweep(database)
            except Exception as error:
                if not db.is_transient(error):
                    raise
                log.warning("sweep_delayed", error=repr(error))
        await asyncio.sleep(SWEEP_S)


async def _forget_old_answers(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(text("delete from idempotency where created_at < now() - interval '24 hours'"))


async def _replay(worker: Worker, name: str) -> tuple[int, int]:
    consumer = next((each for each in worker.consumers if each.name == name), None)
    if consumer is None:
        known = ", ".join(each.name for each in worker.consumers)
        sys.exit(f"There is no consumer {name!r}; known: {known}")
    database = Database.of(worker.settings)
    try:
        return await consumers.replay(database, consumer)
    finally:
        await database.close()
