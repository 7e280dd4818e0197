"""`/v1/jobs/{service}`: list, read, cancel, errors."""

from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.problems import Conflict, NotFound
from crmkit.web import lists
from crmkit.web.paging import Page
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from crmkit.work.jobs import Job, Status, job_errors, jobs, location, of_row


class JobFinished(Conflict):
    code, title = "job_finished", "The job has already ended"


class JobError(BaseModel):
    """One refused item: its position in the input (a line number), a stable code, a sentence, its beginning."""

    position: int
    code: str
    detail: str
    content: str | None


class JobQuery(lists.ListQuery):
    sort: Literal["-created_at", "created_at"] = "-created_at"
    ids: lists.Ids
    kind: lists.AnyOf[str]
    status: lists.AnyOf[Status]


class JobErrorQuery(lists.ListQuery):
    sort: Literal["position", "-position"] = "position"
    code: lists.AnyOf[str]


ERRORS: Final = lists.List(select(job_errors), JobErrorQuery, columns=job_errors.c, model=JobError, tie="position")
_CANCEL: Final = text(
    "update jobs set cancel_requested = true,"
    " status = case when status = 'queued' then 'cancelled' else status end,"
    " finished_at = case when status = 'queued' then clock_timestamp() end"
    " where id = :id and status in ('queued', 'running') returning true"
)


def router(service: str, scope: str) -> APIRouter:
    """`/v1/jobs/{service}`: list, read, cancel, errors."""
    routes = api_router(tags=["jobs"], scope=scope)

    url = func.concat(f"/v1/jobs/{service}/", jobs.c.id, "/errors").label("errors_url")
    all_jobs = lists.List(select(jobs, url), JobQuery, columns=jobs.c, model=Job)

    @routes.get(f"/jobs/{service}", operation_id=f"list_{service}_jobs", response_model=Page[Job])
    async def list_jobs(request: Request, session: Session, asked: Annotated[JobQuery, Query()]) -> Response:
        return await all_jobs.answer(request, session, asked)

    @routes.get(f"/jobs/{service}/{{id}}", operation_id=f"get_{service}_job")
    async def get_job(id: UUID, session: Session) -> Job:
        return await _get(session, service, id)

    @routes.delete(f"/jobs/{service}/{{id}}", status_code=204, operation_id=f"cancel_{service}_job")
    async def cancel_job(id: UUID, session: Session) -> None:
        if not await session.scalar(_CANCEL, {"id": id}):
            await _get(session, service, id)
            raise JobFinished("A job that has ended cannot be cancelled.")
        await audit.record(session, "cancel_job", location(service, id))

    @routes.get(
        f"/jobs/{service}/{{id}}/errors",
        operation_id=f"list_{service}_job_errors",
        response_model=Page[JobError],
    )
    async def list_errors(
        request: Request, id: UUID, session: Session, asked: Annotated[JobErrorQuery, Query()]
    ) -> Response:
        await _get(session, service, id)
        return await ERRORS.where(job_errors.c.job_id == id).answer(request, session, asked)

    return routes


async def _get(session: AsyncSession, service: str, job_id: UUID) -> Job:
    row = (await session.execute(select(jobs).where(jobs.c.id == job_id))).one_or_none()
    if row is None:
        raise NotFound(f"There is no job {job_id} in {service}.")
    return of_row(service, row)
