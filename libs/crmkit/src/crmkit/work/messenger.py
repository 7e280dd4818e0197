"""What brings jobs to this worker: procrastinate as the messenger, the `jobs` table as the truth.

A message may come twice (its worker was only slow, not dead) or not at all (it was lost with its worker). The first
is settled by the job's attempt, the second by `bring_back_forever`.
"""

import asyncio
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import procrastinate
import procrastinate.exceptions
import psycopg
import structlog
from sqlalchemy import text

from crmkit.data.db import Database, is_transient
from crmkit.settings import Settings
from crmkit.web import http
from crmkit.work import jobs

log = structlog.get_logger()

HEARTBEAT_S: Final = 3.0
DEAD_AFTER_S: Final = 10.0
POLL_S: Final = 2.0
GRACE_S: Final = 1.0
JOBS_AT_ONCE: Final = 2
LONGEST_PAUSE_S: Final = 30


async def work_forever(
    settings: Settings, database: Database, gateway: http.Client, handlers: Mapping[str, jobs.Handler]
) -> None:
    """Run jobs until cancelled; a lost database only delays them."""
    while True:
        try:
            await _work(settings, database, gateway, handlers)
            log.warning("jobs_delayed", error="the messenger stopped")
        except (procrastinate.exceptions.ConnectorException, psycopg.Error) as error:
            log.warning("jobs_delayed", error=repr(error))
        await asyncio.sleep(1)


async def _work(
    settings: Settings, database: Database, gateway: http.Client, handlers: Mapping[str, jobs.Handler]
) -> None:
    app = _procrastinate(settings)

    @app.task(name=jobs.TASK, queue=settings.service, retry=_Patience())
    async def run_job(job_id: str) -> None:
        await jobs.execute(database, gateway, handlers, UUID(job_id))

    try:
        # Not as a context: a pool that is told to stop while it opens has to be closed, too.
        await app.open_async()
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
    finally:
        await app.close_async()


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


async def bring_back_forever(database: Database, service: str) -> None:
    """Give the jobs of dead workers to the living, and start those anew whose message was lost."""
    while True:
        try:
            await bring_back(database, service)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("jobs_not_brought_back", error=repr(error))
        await asyncio.sleep(HEARTBEAT_S)


async def bring_back(database: Database, service: str) -> int:
    """Once; the count of jobs. A worker is dead when its heart has not beaten for `DEAD_AFTER_S`."""
    schema = f"{service}_jobs"
    async with database.begin() as session:
        stalled = await session.scalars(text(_STALLED.format(schema=schema)), {"dead_after": DEAD_AFTER_S})
        lost = await session.scalars(text(_LOST_MESSAGES.format(schema=schema)))
        found = {"message of a dead worker": stalled.all(), "lost message": lost.all()}
        for job_id in found["lost message"]:
            await jobs.start(session, service=service, job_id=job_id)
    for reason, ids in found.items():
        for job_id in ids:
            log.warning("job_brought_back", job=str(job_id), reason=reason)
    return sum(map(len, found.values()))


_STALLED: Final = """
select args ->> 'job_id' from (
    select message.id, message.args
    from {schema}.procrastinate_jobs as message
    left join {schema}.procrastinate_workers as worker on worker.id = message.worker_id
    where message.status = 'doing'
        and (worker.id is null or worker.last_heartbeat < now() - make_interval(secs => :dead_after))
    for update of message skip locked
) as stalled
cross join lateral {schema}.procrastinate_retry_job_v1(stalled.id, now(), null, null, null)
"""
# Skipping locked rows leaves a job alone whose chunk is just being done, and one that another worker restarts.
_LOST_MESSAGES: Final = """
select id from jobs where status in ('queued', 'running') and not exists (
    select from {schema}.procrastinate_jobs as message
    where message.status in ('todo', 'doing') and message.args ->> 'job_id' = jobs.id::text
) for update skip locked
"""
