"""`GET /v1/customers/{customer_id}/360`."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from crmkit.web import routing
from gateway.customer_view import service
from gateway.customer_view.parts import Reason
from gateway.customer_view.service import Inquiry

router = routing.router(tags=["customers"], scope="customers")


class MissingPart(BaseModel):
    part: str = Field(examples=["scores"])
    reason: Reason


class CustomerView(BaseModel):
    """Each part is the resource of the service that owns it; null when it is not there."""

    customer_id: str
    profile: dict[str, Any] | None
    scores: dict[str, Any] | None
    shopping_list: dict[str, Any] | None
    coupons: list[dict[str, Any]] | None
    open_tickets: list[dict[str, Any]] | None
    timeline: list[dict[str, Any]] | None
    unavailable: list[MissingPart]


@router.get(
    "/customers/{customer_id:path}/360",
    operation_id="get_customer_360",
    response_class=Response,
    responses={200: {"model": CustomerView}},
)
async def get_customer_360(customer_id: str, request: Request) -> Response:
    """Profile, scores, offers, tickets and last touches in one answer; a part that is down is named."""
    state = request.app.state
    inquiry = Inquiry(
        upstreams=state.upstreams,
        mint=state.mint,
        table=state.table,
        client=request.state.client,
        timeout_s=state.settings.part_timeout_s,
    )
    return Response(await service.view(inquiry, customer_id), media_type="application/json")
