"""The telephone's endpoints."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from callcenter.calls import models, repository, schemas, service
from callcenter.calls.repository import Filter
from callcenter.calls.rules import Direction, EventType
from callcenter.calls.schemas import CallPatch, NewCallEvent
from crmkit.data.instants import Instant
from crmkit.web import concurrency, hot, idempotency, paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session, transaction

router = api_router(tags=["calls"], scope="tickets")
hot_router = hot.router(tags=["calls"], scope="tickets")


def _filter(
    call_id: str | None = None,
    status: EventType | None = None,
    direction: Direction | None = None,
    agent: str | None = None,
    customer_id: UUID | None = None,
    resolution: Annotated[str | None, Query(pattern="^(resolved|pending|ambiguous)$")] = None,
    created_at_gte: Instant | None = None,
    created_at_lt: Instant | None = None,
) -> Filter:
    return Filter(call_id, status, direction, agent, customer_id, resolution, created_at_gte, created_at_lt)


@hot_router.post("/call-events", operation_id="create_call_event", response_model=schemas.Call)
async def create_call_event(body: NewCallEvent, request: Request) -> Response:
    """Keep an event, fold it into its call and answer with the call; order and repetition make no difference."""
    async with transaction(request) as connection:
        told = await service.take_event(connection, body, request.app.state.settings.phone_region)
        return await idempotency.kept(request, told.answer())


@router.get("/calls", operation_id="list_calls", response_model=paging.Page[schemas.Call])
async def list_calls(
    request: Request, session: Session, page: paging.PageQuery, chosen: Annotated[Filter, Depends(_filter)]
) -> Response:
    return await _answer_list(request, session, page, chosen)


@router.get(
    "/customers/{customer_id}/calls", operation_id="list_customer_calls", response_model=paging.Page[schemas.Call]
)
async def list_customer_calls(
    customer_id: UUID, request: Request, session: Session, page: paging.PageQuery
) -> Response:
    return await _answer_list(request, session, page, Filter(customer_id=customer_id))


async def _answer_list(request: Request, session: Session, page: paging.PageQuery, chosen: Filter) -> Response:
    listing = paging.Listing(
        repository.calls(chosen),
        keys={"created_at": models.Call.created_at},
        tie=models.Call.id,
        default="-created_at",
        model=schemas.Call,
        document=repository.DOCUMENT,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/calls/{id}", operation_id="get_call", response_model=schemas.Call)
async def get_call(id: UUID, session: Session) -> Response:
    return (await repository.read_call(session, id)).answer()


@router.patch("/calls/{id}", operation_id="update_call", response_model=schemas.Call)
async def update_call(id: UUID, body: CallPatch, request: Request, session: Session) -> Response:
    """Note how the call ended."""
    region, check = request.app.state.settings.phone_region, partial(concurrency.check, request)
    return (await service.note_disposition(session, id, body, region, check)).answer()
