"""What brings jobs to this worker: procrastinate as the messenger, the `jobs` table as the truth.

A message may come twice (its worker was only slow, not dead) or not at all (it was lost with its worker). The first
is settled by the job's attempt, the second by `jobs.restart_lost`.
"""

import asyncio
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import procrastinate
import procrastinate.exceptions
import psycopg
import structlog

from crmkit import http, jobs
from crmkit.db import Database, is_transient
from crmkit.settings import Settings

log = structlog.get_logger()

HEARTBEAT_S: Final = 3.0
DEAD_AFTER_S: Final = 10.0
POLL_S: Final = 2.0
GRACE_S: Final = 1.0
JOBS_AT_ONCE: Final = 2
LONGEST_PAUSE_S: Final = 30

_LOST: Final = (procrastinate.exceptions.ConnectorException, psycopg.Error)


async def work_forever(
    settings: Settings, database: Database, gateway: http.Client, handlers: Mapping[str, jobs.Handler]
) -> None:
    """Run jobs until cancelled; a lost database only delays them."""
    while True:
        try:
            await _work(settings, database, gateway, handlers)
            log.warning("jobs_delayed", error="the messenger stopped")
        except* _LOST as errors:
            log.warning("jobs_delayed", error=repr(errors.exceptions[0]))
        await asyncio.sleep(1)


async def _work(
    settings: Settings, database: Database, gateway: http.Client, handlers: Mapping[str, jobs.Handler]
) -> None:
    app = _procrastinate(settings)

    @app.task(name=jobs.TASK, queue=settings.service, retry=_Patience())
    async def run_job(job_id: str) -> None:
        await jobs.execute(database, gateway, handlers, UUID(job_id))

    async with app.open_async(), asyncio.TaskGroup() as group:
        bringing_back = group.create_task(_bring_back_forever(app, database, settings.service))
        await app.run_worker_async(
            queues=[settings.service],
            concurrency=JOBS_AT_ONCE,
            install_signal_handlers=False,
            fetch_job_polling_interval=POLL_S,
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=DEAD_AFTER_S,
            shutdown_graceful_timeout=GRACE_S,
            delete_jobs="always",
        )
        bringing_back.cancel()


class _Patience(procrastinate.BaseRetryStrategy):
    """What reaches procrastinate is transient or a shutdown: the job is tried until the moment has passed."""

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision:
        pause = 0 if isinstance(exception, asyncio.CancelledError) else min(1 + job.attempts, LONGEST_PAUSE_S)
        return procrastinate.RetryDecision(retry_in={"seconds": pause})


def _procrastinate(settings: Settings) -> procrastinate.App:
    options = f"-c search_path={settings.service}_jobs"
    connector = procrastinate.PsycopgConnector(
        conninfo=settings.dsn(), kwargs={"options": options}, min_size=1, max_size=4
    )
    return procrastinate.App(connector=connector)


async def _bring_back_forever(app: procrastinate.App, database: Database, service: str) -> None:
    """Give the jobs of dead workers to the living."""
    while True:
        try:
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
                log.warning("job_brought_back", job=job.task_kwargs.get("job_id"))
                await app.job_manager.retry_job(job)
            await jobs.restart_lost(database, service)
        except Exception as error:
            # Another worker that brought the same job back first is a database error here, too.
            if not (isinstance(error, _LOST) or is_transient(error)):
                raise
            log.warning("jobs_not_brought_back", error=repr(error))
        await asyncio.sleep(HEARTBEAT_S)
