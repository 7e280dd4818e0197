"""Touches."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from crmkit.web import handles, routing
from crmkit.web.paging import Page
from crmkit.web.sessions import Session
from customer.interactions import repository, service
from customer.interactions.errors import InteractionNotFound
from customer.interactions.schemas import Interaction, InteractionQuery, NewInteraction
from customer.settings import region_of

_FIND = "select interaction_id from interaction_keys where source = $1 and external_id = $2"
InteractionId = Annotated[UUID, Depends(handles.resolving("interaction", missing=InteractionNotFound, ext=_FIND))]

router = routing.router(tags=["timeline"], scope="customers")


@router.post("/interactions", status_code=201, operation_id="create_interaction", response_model=Interaction)
async def create_interaction(body: NewInteraction, request: Request, session: Session) -> Response:
    id = await service.create_interaction(session, body, region=region_of(request))
    return (await service.read_interaction(session, id)).answer(location=f"/v1/interactions/{id}")


@router.get("/interactions", operation_id="list_interactions", response_model=Page[Interaction])
async def list_interactions(
    request: Request, session: Session, asked: Annotated[InteractionQuery, Query()]
) -> Response:
    return await repository.INTERACTIONS.answer(request, session, asked)


@router.get("/interactions/{id}", operation_id="get_interaction", response_model=Interaction)
async def get_interaction(id: InteractionId, session: Session) -> Response:
    return (await service.read_interaction(session, id)).answer()
