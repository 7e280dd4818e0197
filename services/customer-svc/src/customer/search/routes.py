"""Finding profiles: in order of making, by likeness of name, by a handle."""

from typing import Annotated

from fastapi import Query, Request, Response

from crmkit.web import routing
from crmkit.web.paging import Page
from crmkit.web.sessions import Session
from customer.customers.schemas import Customer
from customer.search import repository, rules
from customer.search.schemas import CustomerQuery, LikestQuery, Lookup
from customer.settings import region_of

router = routing.router(tags=["customers"], scope="customers")


@router.get("/customers", operation_id="list_customers", response_model=Page[Customer])
async def list_customers(request: Request, session: Session, asked: Annotated[CustomerQuery, Query()]) -> Response:
    if asked.q is None or "sort" in asked.model_fields_set:
        return await repository.CUSTOMERS.answer(request, session, asked)
    likest = LikestQuery(**asked.model_dump(exclude={"sort"}, exclude_unset=True))
    return await repository.likest(asked.q).answer(request, session, likest)


@router.get("/customers/lookup", operation_id="look_up_customers", response_model=Page[Customer])
async def look_up_customers(request: Request, session: Session, asked: Annotated[Lookup, Query()]) -> Response:
    """Every customer with the handle asked for: a phone or an address may be a household's."""
    handle = rules.handle_asked(asked, region=region_of(request))
    return await repository.FOUND.where(repository.named_by(handle)).answer(request, session, asked)
