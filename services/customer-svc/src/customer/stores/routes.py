"""Where the business sells."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from crmkit.web import concurrency, routing
from crmkit.web.paging import Page
from crmkit.web.sessions import Session
from customer.stores import repository, service
from customer.stores.schemas import NewStore, Store, StoreQuery

router = routing.router(tags=["stores"], scope="customers")


@router.post("/stores", status_code=201, operation_id="create_store")
async def create_store(body: NewStore, session: Session, response: Response) -> Store:
    store = await service.create_store(session, body)
    response.headers["Location"] = f"/v1/stores/{store.id}"
    concurrency.tag(response, store.version)
    return store


@router.get("/stores", operation_id="list_stores", response_model=Page[Store])
async def list_stores(request: Request, session: Session, asked: Annotated[StoreQuery, Query()]) -> Response:
    return await repository.STORES.answer(request, session, asked)


@router.get("/stores/{id}", operation_id="get_store")
async def get_store(id: UUID, session: Session, response: Response) -> Store:
    store = await service.read_store(session, id)
    concurrency.tag(response, store.version)
    return store
