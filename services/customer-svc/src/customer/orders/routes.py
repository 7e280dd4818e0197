"""Purchases."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from crmkit.data.instants import Instant
from crmkit.web import concurrency, paging, routing
from crmkit.web.sessions import Session
from customer.orders import repository, service
from customer.orders.paths import OrderId
from customer.orders.schemas import NewOrder, Order, OrderFilters, OrderPage
from customer.references.paths import KnownCustomer
from customer.settings import region_of

router = routing.router(tags=["orders"], scope="customers")


def _filters(
    customer_id: Annotated[UUID | None, Query()] = None,
    store_id: Annotated[str | None, Query()] = None,
    placed_at_gte: Annotated[Instant | None, Query()] = None,
    placed_at_lt: Annotated[Instant | None, Query()] = None,
) -> OrderFilters:
    return OrderFilters(customer_id, store_id, placed_at_gte, placed_at_lt)


@router.post("/orders", status_code=201, operation_id="create_order", response_model=Order)
async def create_order(body: NewOrder, request: Request, session: Session) -> Response:
    id = await service.create_order(session, body, region=region_of(request))
    return (await service.read_order(session, id)).answer(location=f"/v1/orders/{id}")


@router.get("/orders", operation_id="list_orders", response_model=OrderPage)
async def list_orders(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    filters: Annotated[OrderFilters, Depends(_filters)],
) -> Response:
    return await paging.answer(request, session, page, repository.listing(filters))


@router.get("/customers/{id}/orders", operation_id="list_customer_orders", response_model=OrderPage)
async def list_customer_orders(
    request: Request, id: KnownCustomer, session: Session, page: paging.PageQuery
) -> Response:
    return await paging.answer(request, session, page, repository.listing(OrderFilters(customer_id=id)))


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
