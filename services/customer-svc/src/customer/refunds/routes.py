"""What was given back of an order."""

from uuid import UUID

from fastapi import Request, Response

from crmkit.web import paging, routing
from crmkit.web.sessions import Session
from customer.documents import answer
from customer.orders import service as orders
from customer.refunds import repository, service
from customer.refunds.schemas import NewRefund, Refund, RefundPage

router = routing.router(tags=["orders"], scope="customers")


@router.post("/orders/{id}/refunds", status_code=201, operation_id="create_refund", response_model=Refund)
async def create_refund(id: UUID, body: NewRefund, session: Session) -> Response:
    return answer(await service.create_refund(session, id, body), location=f"/v1/orders/{id}/refunds")


@router.get("/orders/{id}/refunds", operation_id="list_refunds", response_model=RefundPage)
async def list_refunds(request: Request, id: UUID, session: Session, page: paging.PageQuery) -> Response:
    await orders.read_order(session, id)
    return await paging.answer(request, session, page, repository.listing(id))
