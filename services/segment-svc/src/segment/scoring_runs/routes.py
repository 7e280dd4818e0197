"""`/v1/scoring-runs`."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from crmkit.web import paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from crmkit.work import jobs
from crmkit.work.jobs import Job
from segment.scoring_runs import repository, service
from segment.scoring_runs.models import ScoringRunRow
from segment.scoring_runs.schemas import NewScoringRun, ScoringRun

router = api_router(tags=["scoring"], scope="segments")


@router.post("/scoring-runs", status_code=202, operation_id="create_scoring_run")
async def create_scoring_run(body: NewScoringRun, request: Request, session: Session, response: Response) -> Job:
    job = await service.start(session, body, request.app.state.settings)
    response.headers["Location"] = jobs.location("segment", job.id)
    return job


@router.get("/scoring-runs", operation_id="list_scoring_runs", response_model=paging.Page[ScoringRun])
async def list_scoring_runs(
    request: Request, session: Session, page: paging.PageQuery, as_of: Annotated[date | None, Query()] = None
) -> Response:
    listing = paging.Listing(
        repository.list_runs(as_of),
        keys={"created_at": ScoringRunRow.created_at, "as_of": ScoringRunRow.as_of},
        tie=ScoringRunRow.id,
        default="-created_at",
        model=ScoringRun,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/scoring-runs/{id}", operation_id="get_scoring_run")
async def get_scoring_run(id: UUID, session: Session) -> ScoringRun:
    return await service.get(session, id)
