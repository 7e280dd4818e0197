"""Touches, and everything that happened with a customer in time order."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from crmkit.web import paging, routing
from crmkit.web.sessions import Session
from customer.customers import service as customers
from customer.documents import answer
from customer.settings import region_of
from customer.timeline import repository, service
from customer.timeline.schemas import Interaction, InteractionFilters, NewInteraction, Resolution, TimelineEntry

router = routing.router(tags=["timeline"], scope="customers")


def _filters(
    customer_id: Annotated[UUID | None, Query()] = None,
    kind: Annotated[str | None, Query()] = None,
    resolution: Annotated[Resolution | None, Query(description="how surely the customer is known")] = None,
) -> InteractionFilters:
    return InteractionFilters(customer_id, kind, resolution)


@router.post("/interactions", status_code=201, operation_id="create_interaction", response_model=Interaction)
async def create_interaction(body: NewInteraction, request: Request, session: Session) -> Response:
    id = await service.create_interaction(session, body, region=region_of(request))
    return answer(await service.read_interaction(session, id), location=f"/v1/interactions/{id}")


@router.get("/interactions", operation_id="list_interactions", response_model=paging.Page[Interaction])
async def list_interactions(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    filters: Annotated[InteractionFilters, Depends(_filters)],
) -> Response:
    return await paging.answer(request, session, page, repository.listing(filters))


@router.get("/interactions/{id}", operation_id="get_interaction", response_model=Interaction)
async def get_interaction(id: UUID, session: Session) -> Response:
    return answer(await service.read_interaction(session, id))


@router.get(
    "/customers/{id}/timeline", operation_id="list_customer_timeline", response_model=paging.Page[TimelineEntry]
)
async def list_customer_timeline(request: Request, id: UUID, session: Session, page: paging.PageQuery) -> Response:
    await customers.read_customer(session, id)
    return await paging.answer(request, session, page, repository.timeline_of(id))
