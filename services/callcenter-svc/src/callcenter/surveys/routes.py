"""Endpoints of the voice of the customer."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from callcenter.surveys import repository, schemas, service
from callcenter.surveys.repository import SURVEY_RESPONSES
from callcenter.surveys.schemas import NewSurveyResponse, SurveyResponseQuery
from crmkit.web.paging import Page
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session

router = api_router(tags=["surveys"], scope="tickets")


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


@router.get("/survey-responses", operation_id="list_survey_responses", response_model=Page[schemas.SurveyResponse])
async def list_survey_responses(
    request: Request, session: Session, asked: Annotated[SurveyResponseQuery, Query()]
) -> Response:
    return await SURVEY_RESPONSES.answer(request, session, asked)


@router.get("/survey-responses/{id}", operation_id="get_survey_response", response_model=schemas.SurveyResponse)
async def get_survey_response(id: UUID, session: Session) -> Response:
    return (await repository.read_response(session, id)).answer()
