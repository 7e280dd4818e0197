"""The handles that point to a profile."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from crmkit.web import paging, routing
from crmkit.web.sessions import Session
from customer.customers import service as customers
from customer.identifiers import repository, service
from customer.identifiers.schemas import Identifier, Identifiers, Kind, NewIdentifier
from customer.references.rules import SOURCE_PATTERN
from customer.settings import region_of

router = routing.router(tags=["customers"], scope="customers")


@router.get("/customers/{id}/identifiers", operation_id="list_identifiers", response_model=paging.Page[Identifier])
async def list_identifiers(request: Request, id: UUID, session: Session, page: paging.PageQuery) -> Response:
    await customers.read_customer(session, id)
    return await paging.answer(request, session, page, repository.listing(id))


@router.post("/customers/{id}/identifiers", status_code=201, operation_id="add_identifier")
async def add_identifier(id: UUID, body: NewIdentifier, request: Request, session: Session) -> Identifiers:
    await service.add_identifier(session, id, service.read(body, region_of(request)))
    return await service.list_identifiers(session, id)


@router.delete("/customers/{id}/identifiers", status_code=204, operation_id="remove_identifier")
async def remove_identifier(
    request: Request,
    session: Session,
    id: UUID,
    kind: Annotated[Kind, Query()],
    value: Annotated[str, Query(min_length=1, max_length=255)],
    source: Annotated[str | None, Query(pattern=SOURCE_PATTERN)] = None,
) -> None:
    identifier = NewIdentifier(kind=kind, value=value, source=source)
    await service.remove_identifier(session, id, service.read(identifier, region_of(request)))
