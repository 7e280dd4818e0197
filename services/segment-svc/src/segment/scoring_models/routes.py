"""`/v1/scoring-models`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from crmkit.web import paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from segment.scoring_models import repository, service
from segment.scoring_models.models import ScoringModelRow
from segment.scoring_models.schemas import ModelName, NewScoringModel, ScoringModel

router = api_router(tags=["scoring"], scope="segments")


@router.post("/scoring-models", status_code=201, operation_id="create_scoring_model")
async def create_scoring_model(body: NewScoringModel, session: Session) -> ScoringModel:
    return await service.create_version(session, body)


@router.get("/scoring-models", operation_id="list_scoring_models", response_model=paging.Page[ScoringModel])
async def list_scoring_models(
    request: Request, session: Session, page: paging.PageQuery, name: Annotated[ModelName | None, Query()] = None
) -> Response:
    listing = paging.Listing(
        repository.list_models(name),
        keys={"created_at": ScoringModelRow.created_at, "version": ScoringModelRow.version},
        tie=ScoringModelRow.id,
        default="-created_at",
        model=ScoringModel,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/scoring-models/{id}", operation_id="get_scoring_model")
async def get_scoring_model(id: UUID, session: Session) -> ScoringModel:
    return ScoringModel.model_validate(await service.get(session, id), from_attributes=True)
