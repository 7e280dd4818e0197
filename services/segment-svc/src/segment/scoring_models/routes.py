"""`/v1/scoring-models`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from crmkit.web.paging import Page
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from segment.scoring_models import repository, service
from segment.scoring_models.schemas import NewScoringModel, ScoringModel, ScoringModelQuery

router = api_router(tags=["scoring"], scope="segments")


@router.post("/scoring-models", status_code=201, operation_id="create_scoring_model")
async def create_scoring_model(body: NewScoringModel, session: Session) -> ScoringModel:
    return await service.create_version(session, body)


@router.get("/scoring-models", operation_id="list_scoring_models", response_model=Page[ScoringModel])
async def list_scoring_models(
    request: Request, session: Session, asked: Annotated[ScoringModelQuery, Query()]
) -> Response:
    return await repository.MODELS.answer(request, session, asked)


@router.get("/scoring-models/{id}", operation_id="get_scoring_model")
async def get_scoring_model(id: UUID, session: Session) -> ScoringModel:
    return ScoringModel.model_validate(await service.get(session, id), from_attributes=True)
