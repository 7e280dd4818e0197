"""The handles that point to a profile."""

from typing import Annotated

from fastapi import Query, Request, Response

from crmkit.web import concurrency, routing
from crmkit.web.paging import Page
from crmkit.web.sessions import Session
from customer.customers import service as customers
from customer.identifiers import service
from customer.identifiers.models import identifiers
from customer.identifiers.repository import IDENTIFIERS
from customer.identifiers.schemas import Identifier, IdentifierQuery, Identifiers, Kind, NewIdentifier
from customer.references.paths import CustomerId, KnownCustomer
from customer.references.schemas import Source
from customer.settings import region_of

router = routing.router(tags=["customers"], scope="customers")


@router.get("/customers/{id}/identifiers", operation_id="list_identifiers", response_model=Page[Identifier])
async def list_identifiers(
    request: Request, id: KnownCustomer, session: Session, asked: Annotated[IdentifierQuery, Query()]
) -> Response:
    return await IDENTIFIERS.where(identifiers.c.customer_id == id).answer(request, session, asked)


@router.post(
    "/customers/{id}/identifiers", status_code=201, operation_id="add_identifier", openapi_extra=concurrency.IF_MATCH
)
async def add_identifier(id: CustomerId, body: NewIdentifier, request: Request, session: Session) -> Identifiers:
    concurrency.check(request, await customers.hold_customer(session, id))
    await service.add_identifier(session, id, service.read(body, region_of(request)))
    return await service.list_identifiers(session, id)


@router.delete(
    "/customers/{id}/identifiers", status_code=204, operation_id="remove_identifier", openapi_extra=concurrency.IF_MATCH
)
async def remove_identifier(
    request: Request,
    session: Session,
    id: CustomerId,
    kind: Annotated[Kind, Query()],
    value: Annotated[str, Query(min_length=1, max_length=255)],
    source: Annotated[Source | None, Query()] = None,
) -> None:
    concurrency.check(request, await customers.hold_customer(session, id))
    identifier = NewIdentifier(kind=kind, value=value, source=source)
    await service.remove_identifier(session, id, service.read(identifier, region_of(request)))
