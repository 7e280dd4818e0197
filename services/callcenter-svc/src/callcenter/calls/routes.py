"""The telephone's endpoints."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from callcenter.calls import models, repository, schemas, service
from callcenter.calls.repository import CALLS
from callcenter.calls.schemas import CallPatch, CallQuery, NewCallEvent
from callcenter.references.paths import CustomerId
from crmkit.web import concurrency, hot, idempotency
from crmkit.web.paging import Page
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session, transaction

router = api_router(tags=["calls"], scope="tickets")
hot_router = hot.router(tags=["calls"], scope="tickets")


@hot_router.post("/call-events", operation_id="create_call_event", response_model=schemas.Call)
async def create_call_event(body: NewCallEvent, request: Request) -> Response:
    """Keep an event, fold it into its call and answer with the call; order and repetition make no difference."""
    async with transaction(request) as connection:
        told = await service.take_event(connection, body, request.app.state.settings.phone_region)
        return await idempotency.kept(request, told.answer())


@router.get("/calls", operation_id="list_calls", response_model=Page[schemas.Call])
async def list_calls(request: Request, session: Session, asked: Annotated[CallQuery, Query()]) -> Response:
    return await CALLS.answer(request, session, asked)


@router.get("/customers/{customer_id}/calls", operation_id="list_customer_calls", response_model=Page[schemas.Call])
async def list_customer_calls(
    customer_id: CustomerId, request: Request, session: Session, asked: Annotated[CallQuery, Query()]
) -> Response:
    return await CALLS.where(models.Call.customer_id == customer_id).answer(request, session, asked)


@router.get("/calls/{id}", operation_id="get_call", response_model=schemas.Call)
async def get_call(id: UUID, session: Session) -> Response:
    return (await repository.read_call(session, id)).answer()


@router.patch("/calls/{id}", operation_id="update_call", response_model=schemas.Call)
async def update_call(id: UUID, body: CallPatch, request: Request, session: Session) -> Response:
    """Note how the call ended."""
    region, check = request.app.state.settings.phone_region, partial(concurrency.check, request)
    return (await service.note_disposition(session, id, body, region, check)).answer()
