"""Which worker does which job: it claims a lease, keeps it up while it lives, and loses it soon after it dies.

Leases have a table of their own: a beat on the job's row would wait behind the job's own chunk. A worker that was
only slow finds at its next chunk that the job has gone on without it.
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from crmkit.data import db
from crmkit.data.db import Database
from crmkit.work import jobs

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=6)
BEAT_S: Final = 2.0
POLL_S: Final = 0.5
JOBS_AT_ONCE: Final = 2
LONGEST_PAUSE_S: Final = 30.0

# A locked row is a chunk just being done, or another worker's claim; that one may commit between our snapshot and our
# lock, so the conflict is judged by the lease as it is then.
_CLAIM: Final = """
with free as (
    select jobs.id from jobs left join leases on leases.job_id = jobs.id
    where jobs.status in ('queued', 'running') and (leases.until is null or leases.until <= now())
    order by jobs.id limit 1 for update of jobs skip locked
)
insert into leases (job_id, holder, until) select id, uuidv7(), now() + $1::interval from free
on conflict (job_id) do update set holder = excluded.holder, until = excluded.until
    where leases.until <= excluded.until - $1
returning job_id, holder
"""
_BEAT: Final = "update leases set until = now() + $3::interval where job_id = $1 and holder = $2"
_PUT_OFF: Final = """
update leases set until = now() + least(faults + 1 + random(), $3) * interval '1 second', faults = faults + 1
where job_id = $1 and holder = $2
"""
_RELEASE: Final = "delete from leases where job_id = $1 and holder = $2"

Transient = Callable[[BaseException], bool]


async def work_forever(
    database: Database, gateway: Any, handlers: Mapping[str, jobs.Handler], is_transient: Transient
) -> None:
    """Do one job at a time until cancelled; a lost database only delays them."""
    while True:
        try:
            found = await work_once(database, gateway, handlers, is_transient)
        except Exception as error:
            if not db.is_transient(error):
                raise
            log.warning("jobs_delayed", error=repr(error))
            found = False
        if not found:
            await asyncio.sleep(POLL_S)


async def work_once(
    database: Database, gateway: Any, handlers: Mapping[str, jobs.Handler], is_transient: Transient = db.is_transient
) -> bool:
    """Do the oldest free job, to its end or until the moment is against it; whether there was one."""
    lease = await database.one_statement(_CLAIM, LEASE)
    if lease is None:
        return False
    job_id, holder = lease
    giving_up: tuple[Any, ...] = _RELEASE, job_id, holder
    beating = asyncio.create_task(_beat_forever(database, job_id, holder))
    try:
        await jobs.execute(database, gateway, handlers, job_id, is_transient)
    except Exception as error:
        if not is_transient(error):
            raise
        log.warning("job_put_off", job=str(job_id), error=repr(error))
        giving_up = _PUT_OFF, job_id, holder, LONGEST_PAUSE_S
    finally:
        # A worker that is told to stop comes here too: another goes on at once, from the last chunk.
        beating.cancel()
        await database.one_statement(*giving_up)
    return True


async def _beat_forever(database: Database, job_id: UUID, holder: UUID) -> None:
    while True:
        await asyncio.sleep(BEAT_S)
        try:
            await database.one_statement(_BEAT, job_id, holder, LEASE)
        except Exception as error:
            if not db.is_transient(error):
                raise
            log.warning("lease_not_kept_up", job=str(job_id), error=repr(error))
