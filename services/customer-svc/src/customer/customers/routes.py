"""Profiles: create, read, change, find."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response

from crmkit.web import concurrency, paging, routing, sessions
from crmkit.web.media import CSV, JSON, NDJSON
from crmkit.web.sessions import Session
from customer.customers import fast, service
from customer.customers.errors import CustomerNotFound
from customer.customers.schemas import (
    Customer,
    CustomerPage,
    CustomerPatch,
    NewCustomer,
    NewCustomers,
)
from customer.documents import answer
from customer.intake import BatchResults
from customer.references.rules import SOURCE_PATTERN, Handle
from customer.search import repository as search
from customer.settings import region_of

router = routing.router(tags=["customers"], scope="customers")

CustomerId = Annotated[UUID, Path(description="the customer's id")]


@router.post("/customers", status_code=201, operation_id="create_customer", response_model=Customer)
async def create_customer(body: NewCustomer, request: Request, session: Session) -> Response:
    id = await service.create_customer(session, body, region=region_of(request))
    return answer(await service.read_customer(session, id), location=f"/v1/customers/{id}")


@router.post("/customers/batch", operation_id="create_customers")
async def create_customers(body: NewCustomers, request: Request, session: Session) -> BatchResults:
    return await service.create_customers(session, body.items, region=region_of(request))


@router.get("/customers", operation_id="list_customers", response_model=CustomerPage)
async def list_customers(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    q: Annotated[str | None, Query(min_length=1, max_length=100, description="part of a name, roughly")] = None,
    kind: Annotated[str | None, Query()] = None,
) -> Response:
    listing = search.by_name(q, kind) if q else search.listing(kind)
    return await paging.answer(request, session, page, listing)


@router.get("/customers/lookup", operation_id="look_up_customers", response_model=CustomerPage)
async def look_up_customers(
    request: Request,
    page: paging.PageQuery,
    phone: Annotated[str | None, Query()] = None,
    email: Annotated[str | None, Query()] = None,
    card: Annotated[str | None, Query()] = None,
    external_id: Annotated[str | None, Query()] = None,
    source: Annotated[str | None, Query(pattern=SOURCE_PATTERN)] = None,
) -> Response:
    """Every customer with the handle asked for: a phone or an address may be a household's."""
    given = {"phone": phone, "email": email, "card": card, "external_id": external_id}
    handle = service.read_lookup(given, source, region=region_of(request))
    if page.cursor is None and page.sort is None and not _streams(request):
        whole = await fast.look_up(request, handle, page.limit)
        if whole is not None:
            return Response(whole, media_type=JSON)
    async with sessions.database(request).sessions() as session:
        return await paging.answer(request, session, page, search.by_handle(handle))


def _streams(request: Request) -> bool:
    accept = request.headers.get("accept", "")
    return NDJSON in accept or CSV in accept


@router.get(
    "/customers/ext:{source}:{external_id:path}", operation_id="get_customer_by_external_id", response_model=Customer
)
async def get_customer_by_external_id(
    request: Request, source: Annotated[str, Path(pattern=SOURCE_PATTERN)], external_id: str
) -> Response:
    found = await fast.read_by_key(request, Handle("external_id", source, external_id))
    if found is None:
        raise CustomerNotFound(f"No customer has the external id {external_id!r} of {source}.")
    return answer(found)


@router.get("/customers/{id}", operation_id="get_customer", response_model=Customer)
async def get_customer(request: Request, id: CustomerId) -> Response:
    found = await fast.read_by_id(request, id)
    if found is None:
        raise CustomerNotFound(f"There is no customer {id}.")
    return answer(found)


@router.patch("/customers/{id}", operation_id="patch_customer", response_model=Customer)
async def patch_customer(request: Request, id: CustomerId, body: CustomerPatch, session: Session) -> Response:
    concurrency.check(request, await service.hold_customer(session, id))
    await service.patch_customer(session, id, body)
    return answer(await service.read_customer(session, id))
