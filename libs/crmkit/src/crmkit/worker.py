"""A service's worker process: sequencer, consumers, jobs, and what is due."""

import asyncio
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import asyncpg
import structlog
import uvloop

from crmkit import telemetry
from crmkit.data import db
from crmkit.data.db import Database
from crmkit.events import consumers, outbox, parked
from crmkit.events.consumers import Consumer
from crmkit.settings import Settings
from crmkit.web import http
from crmkit.work import due, leases, retention
from crmkit.work.due import Due, Every
from crmkit.work.due import Handler as DueHandler
from crmkit.work.jobs import Handler

log = structlog.get_logger()

STOP_AGAIN_S: Final = 3.0


@dataclass(frozen=True)
class Worker:
    """What a service's worker does.

    due: what is done when a kind of due work is due. every: what is done again and again, and how often.
    """

    settings: Settings
    jobs: Mapping[str, Handler] = field(default_factory=dict)
    consumers: Sequence[Consumer] = ()
    due: Mapping[str, DueHandler] = field(default_factory=dict)
    every: Every = field(default_factory=dict)


def main(factory: Callable[[], Worker]) -> None:
    """Run the worker until it is told to stop."""
    if sys.argv[1:] not in ([], ["run"]):
        sys.exit("usage: python -m <package>.worker [run]")
    worker = factory()
    telemetry.configure(worker.settings)
    telemetry.serve_metrics(worker.settings)
    try:
        uvloop.run(run(worker))
    except Exception as error:
        log.critical("worker_failed", exc_info=error)
        sys.exit(1)


async def run(worker: Worker) -> None:
    """Run until SIGTERM or SIGINT; a part that fails takes the process with it, to be started afresh."""
    database = Database.of(worker.settings)
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with http.client(worker.settings) as gateway:
        parts = [asyncio.create_task(part) for part in (told.wait(), *_parts(worker, database, gateway))]
        ended, _ = await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        # Not a TaskGroup: it cancels once, and a part that swallows that would keep a failed worker half alive.
        await stop(parts)
    await database.close()
    for part in ended:
        part.result()


async def stop(parts: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel until everyone has heard it: before Python 3.12 `wait_for` may swallow a cancellation."""
    waiting = set(parts)
    while waiting:
        for part in waiting:
            part.cancel()
        _, waiting = await asyncio.wait(waiting, timeout=STOP_AGAIN_S)


def _parts(worker: Worker, database: Database, gateway: http.Client) -> list[Any]:
    async def replay(_: asyncpg.Connection, rows: Sequence[Due]) -> None:
        asked = {row.ref for row in rows}
        for consumer in worker.consumers:
            if consumer.name in asked:
                await consumers.replay(database, consumer)

    parts = [
        outbox.sequence_forever(database, worker.settings.service),
        due.work_forever(database, {parked.REPLAY: replay, **worker.due}, {**retention.EVERY, **worker.every}),
        *(consumers.consume_forever(database, http.feed_reader(gateway), each) for each in worker.consumers),
    ]
    if worker.jobs:
        at_once = range(leases.JOBS_AT_ONCE)
        parts += [leases.work_forever(database, gateway, worker.jobs, is_transient) for _ in at_once]
    return parts


def is_transient(error: BaseException) -> bool:
    """Whether the moment was at fault, here or where a job asked."""
    return db.is_transient(error) or http.is_transient(error)
