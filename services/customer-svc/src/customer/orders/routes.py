"""Purchases."""

from typing import Annotated

from fastapi import Query, Request, Response

from crmkit.web import concurrency, routing
from crmkit.web.paging import Page
from crmkit.web.sessions import Session
from customer.orders import repository, service
from customer.orders.models import documents
from customer.orders.paths import OrderId
from customer.orders.schemas import NewOrder, Order, OrderQuery
from customer.references.paths import KnownCustomer
from customer.settings import region_of

router = routing.router(tags=["orders"], scope="customers")


@router.post("/orders", status_code=201, operation_id="create_order", response_model=Order)
async def create_order(body: NewOrder, request: Request, session: Session) -> Response:
    id = await service.create_order(session, body, region=region_of(request))
    return (await service.read_order(session, id)).answer(location=f"/v1/orders/{id}")


@router.get("/orders", operation_id="list_orders", response_model=Page[Order])
async def list_orders(request: Request, session: Session, asked: Annotated[OrderQuery, Query()]) -> Response:
    return await repository.ORDERS.answer(request, session, asked)


@router.get("/customers/{id}/orders", operation_id="list_customer_orders", response_model=Page[Order])
async def list_customer_orders(
    request: Request, id: KnownCustomer, session: Session, asked: Annotated[OrderQuery, Query()]
) -> Response:
    return await repository.ORDERS.where(documents.c.customer_id == id).answer(request, session, asked)


@router.get("/orders/{id}", operation_id="get_order", response_model=Order)
async def get_order(id: OrderId, session: Session) -> Response:
    return (await service.read_order(session, id)).answer()


@router.post(
    "/orders/{id}/cancel", operation_id="cancel_order", openapi_extra=concurrency.IF_MATCH, response_model=Order
)
async def cancel_order(request: Request, id: OrderId, session: Session) -> Response:
    concurrency.check(request, (await service.hold_order(session, id))[1])
    await service.cancel_order(session, id)
    return (await service.read_order(session, id)).answer()
