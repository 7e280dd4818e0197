"""Finding profiles: in order of making, by likeness of name, by a handle."""

from typing import Annotated

from fastapi import Query, Request, Response

from crmkit.web import paging, routing
from crmkit.web.sessions import Session
from customer.customers.schemas import CustomerPage
from customer.references.schemas import Source
from customer.search import repository, rules
from customer.settings import region_of

router = routing.router(tags=["customers"], scope="customers")


@router.get("/customers", operation_id="list_customers", response_model=CustomerPage)
async def list_customers(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    q: Annotated[str | None, Query(min_length=1, max_length=100, description="part of a name, roughly")] = None,
    kind: Annotated[str | None, Query()] = None,
) -> Response:
    listing = repository.by_name(q, kind) if q else repository.listing(kind)
    return await paging.answer(request, session, page, listing)


@router.get("/customers/lookup", operation_id="look_up_customers", response_model=CustomerPage)
async def look_up_customers(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    phone: Annotated[str | None, Query()] = None,
    email: Annotated[str | None, Query()] = None,
    card: Annotated[str | None, Query()] = None,
    external_id: Annotated[str | None, Query()] = None,
    source: Annotated[Source | None, Query()] = None,
) -> Response:
    """Every customer with the handle asked for: a phone or an address may be a household's."""
    given = {"phone": phone, "email": email, "card": card, "external_id": external_id}
    handle = rules.read_lookup(given, source, region=region_of(request))
    return await paging.answer(request, session, page, repository.by_handle(handle))
