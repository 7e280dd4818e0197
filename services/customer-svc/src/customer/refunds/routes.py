"""What was given back of an order."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from crmkit.web import concurrency, handles, routing
from crmkit.web.paging import Page
from crmkit.web.sessions import Session
from customer.orders import service as orders
from customer.orders.paths import OrderId
from customer.refunds import repository, service
from customer.refunds.errors import RefundNotFound
from customer.refunds.models import refunds
from customer.refunds.repository import Place
from customer.refunds.schemas import NewRefund, Refund, RefundQuery

_FIND = "select refund_id from refund_keys where source = $1 and external_id = $2"
RefundId = Annotated[UUID, Depends(handles.resolving("refund", missing=RefundNotFound, ext=_FIND))]

router = routing.router(tags=["orders"], scope="customers")


@router.post(
    "/orders/{id}/refunds",
    status_code=201,
    operation_id="create_refund",
    openapi_extra=concurrency.IF_MATCH,
    response_model=Refund,
)
async def create_refund(request: Request, id: OrderId, body: NewRefund, session: Session) -> Response:
    """`If-Match` takes the order's ETag."""
    customer_id, version = await orders.hold_order(session, id)
    concurrency.check(request, version)
    refund_id = await service.create_refund(session, Place(body, customer_id, id))
    return (await service.read_refund(session, refund_id)).answer(location=f"/v1/refunds/{refund_id}")


@router.get("/orders/{id}/refunds", operation_id="list_refunds", response_model=Page[Refund])
async def list_refunds(
    request: Request, id: OrderId, session: Session, asked: Annotated[RefundQuery, Query()]
) -> Response:
    await orders.read_order(session, id)
    return await repository.REFUNDS.where(refunds.c.order_id == id).answer(request, session, asked)


@router.get("/refunds/{id}", operation_id="get_refund", response_model=Refund)
async def get_refund(id: RefundId, session: Session) -> Response:
    return (await service.read_refund(session, id)).answer()
