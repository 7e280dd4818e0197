"""`/v1/scoring-runs`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from crmkit.web.paging import Page
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from crmkit.work import jobs
from crmkit.work.jobs import Job
from segment.scoring_runs import repository, service
from segment.scoring_runs.schemas import NewScoringRun, ScoringRun, ScoringRunQuery

router = api_router(tags=["scoring"], scope="segments")


@router.post("/scoring-runs", status_code=202, operation_id="create_scoring_run")
async def create_scoring_run(body: NewScoringRun, request: Request, session: Session, response: Response) -> Job:
    job = await service.start(session, body, request.app.state.settings)
    response.headers["Location"] = jobs.location("segment", job.id)
    return job


@router.get("/scoring-runs", operation_id="list_scoring_runs", response_model=Page[ScoringRun])
async def list_scoring_runs(request: Request, session: Session, asked: Annotated[ScoringRunQuery, Query()]) -> Response:
    return await repository.RUNS.answer(request, session, asked)


@router.get("/scoring-runs/{id}", operation_id="get_scoring_run")
async def get_scoring_run(id: UUID, session: Session) -> ScoringRun:
    return await service.get(session, id)
