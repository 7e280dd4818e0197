"""`/v1/qualifications` and `/v1/checkouts`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from campaign.checkouts import fast, service
from campaign.checkouts.schemas import Checkout, Confirmation, NewCheckout, Quote
from campaign.references import Buyer, identify
from crmkit.web import concurrency, routing
from crmkit.web.sessions import Session

router = routing.router(tags=["checkouts"], scope="campaigns")


async def _identify(body: NewCheckout, request: Request) -> Buyer:
    return await identify(request, body.customer) if body.customer else Buyer()


IdentifiedBuyer = Annotated[Buyer, Depends(_identify)]


@router.post("/qualifications", operation_id="create_qualification")
@routing.takes("campaigns:read")
async def create_qualification(body: NewCheckout, buyer: IdentifiedBuyer, session: Session) -> Quote:
    """What could apply to a basket; nothing is held."""
    return await service.quote_checkout(session, body, buyer)


@router.post("/checkouts", status_code=201, operation_id="create_checkout")
async def create_checkout(
    body: NewCheckout, buyer: IdentifiedBuyer, request: Request, session: Session, response: Response
) -> Checkout:
    lasting_s = request.app.state.settings.reservation_s
    checkout = await service.reserve_checkout(session, body, buyer, lasting_s=lasting_s)
    response.headers["Location"] = f"/v1/checkouts/{checkout.id}"
    concurrency.tag(response, checkout.version)
    return checkout


@router.get("/checkouts/{id}", operation_id="get_checkout")
async def get_checkout(id: UUID, session: Session, response: Response) -> Checkout:
    checkout = await service.get_checkout(session, id)
    concurrency.tag(response, checkout.version)
    return checkout


@router.post(
    "/checkouts/{id}/confirm",
    operation_id="confirm_checkout",
    openapi_extra=concurrency.IF_MATCH,
    response_model=Checkout,
)
async def confirm_checkout(id: UUID, request: Request, body: Confirmation | None = None) -> Response:
    """Redeem all or nothing; after `expires_at` it is reserved again if it can be."""
    return await fast.confirm_checkout(request, id, body or Confirmation())


@router.post("/checkouts/{id}/cancel", operation_id="cancel_checkout", openapi_extra=concurrency.IF_MATCH)
async def cancel_checkout(id: UUID, request: Request, session: Session, response: Response) -> Checkout:
    """Give back what an open checkout holds."""
    locked = await service.lock_checkout(session, id)
    concurrency.check(request, locked.version)
    checkout = await service.cancel_checkout(session, locked)
    concurrency.tag(response, checkout.version)
    return checkout
