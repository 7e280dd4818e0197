"""Touches, and everything that happened with a customer in time order."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

import crmkit.app
from crmkit import paging
from crmkit.db import Session
from customer.customers import service as customers
from customer.settings import region_of
from customer.timeline import repository, service
from customer.timeline.schemas import Interaction, NewInteraction, TimelineEntry

router = crmkit.app.router(tags=["timeline"])


@router.post("/interactions", status_code=201, operation_id="create_interaction")
async def create_interaction(body: NewInteraction, request: Request, session: Session) -> Interaction:
    return await service.create_interaction(session, body, region=region_of(request))


@router.get("/interactions", operation_id="list_interactions", response_model=paging.Page[Interaction])
async def list_interactions(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    customer_id: Annotated[UUID | None, Query()] = None,
    kind: Annotated[str | None, Query()] = None,
) -> Response:
    return await paging.answer(request, session, page, repository.listing(customer_id, kind))


@router.get(
    "/customers/{id}/timeline", operation_id="list_customer_timeline", response_model=paging.Page[TimelineEntry]
)
async def list_customer_timeline(request: Request, id: UUID, session: Session, page: paging.PageQuery) -> Response:
    await customers.read_customer(session, id)
    return await paging.answer(request, session, page, repository.timeline_of(id))
