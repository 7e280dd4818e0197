"""Endpoints of the voice of the customer."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from callcenter.surveys import models, repository, schemas, service
from callcenter.surveys.repository import Filter
from callcenter.surveys.rules import SurveyClass, SurveyKind
from callcenter.surveys.schemas import NewSurveyResponse
from crmkit.data.instants import Instant
from crmkit.web import paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session

router = api_router(tags=["surveys"], scope="tickets")


def _filter(
    kind: SurveyKind | None = None,
    class_: Annotated[SurveyClass | None, Query(alias="class")] = None,
    ticket_id: UUID | None = None,
    customer_id: UUID | None = None,
    created_at_gte: Instant | None = None,
    created_at_lt: Instant | None = None,
) -> Filter:
    return Filter(kind, class_, ticket_id, customer_id, created_at_gte, created_at_lt)


@router.post(
    "/survey-responses",
    status_code=201,
    operation_id="create_survey_response",
    response_model=schemas.SurveyResponse,
)
async def create_survey_response(body: NewSurveyResponse, request: Request, session: Session) -> Response:
    """Record an answer; its class is computed."""
    id_, told = await service.record_response(session, body, request.app.state.settings.phone_region)
    return told.answer(location=f"/v1/survey-responses/{id_}")


@router.get(
    "/survey-responses", operation_id="list_survey_responses", response_model=paging.Page[schemas.SurveyResponse]
)
async def list_survey_responses(
    request: Request, session: Session, page: paging.PageQuery, chosen: Annotated[Filter, Depends(_filter)]
) -> Response:
    listing = paging.Listing(
        repository.survey_responses(chosen),
        keys={"created_at": models.SurveyResponse.created_at},
        tie=models.SurveyResponse.id,
        default="-created_at",
        model=schemas.SurveyResponse,
        document=repository.DOCUMENT,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/survey-responses/{id}", operation_id="get_survey_response", response_model=schemas.SurveyResponse)
async def get_survey_response(id: UUID, session: Session) -> Response:
    return (await repository.read_response(session, id)).answer()
