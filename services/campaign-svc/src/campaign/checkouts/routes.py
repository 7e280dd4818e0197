"""`/v1/qualifications` and `/v1/checkouts`."""

from uuid import UUID

from fastapi import Request, Response

from campaign.checkouts import service
from campaign.checkouts.schemas import Checkout, Confirmation, NewCheckout, Quote
from campaign.coupons.holdings import Overdrawn
from campaign.references import Buyer, identify
from crmkit.web import concurrency, hot, idempotency, media, routing, sessions
from crmkit.web.sessions import Transaction

router = routing.router(tags=["checkouts"], scope="campaigns")
hot_router = hot.router(tags=["checkouts"], scope="campaigns")


@router.post("/qualifications", operation_id="create_qualification", response_model=Quote)
@routing.takes("campaigns:read")
async def create_qualification(body: NewCheckout, request: Request) -> Response:
    """What could apply to a basket; nothing is held."""
    buyer = await _identify(request, body)
    async with sessions.transaction(request) as connection:
        quote = await service.quote_checkout(connection, body, buyer)
        return await idempotency.kept(request, Response(quote, media_type=media.JSON))


@hot_router.post("/checkouts", status_code=201, operation_id="create_checkout", response_model=Checkout)
async def create_checkout(body: NewCheckout, request: Request) -> Response:
    """What applies to a basket is held until `expires_at`; whatever does not is told with its reason."""
    buyer = await _identify(request, body)
    try:
        return await _reserve(body, request, buyer, in_turn=False)
    except Overdrawn:
        return await _reserve(body, request, buyer, in_turn=True)


@router.get("/checkouts/{id}", operation_id="get_checkout", response_model=Checkout)
async def get_checkout(id: UUID, connection: Transaction) -> Response:
    return (await service.get_checkout(connection, id)).answer()


@router.post(
    "/checkouts/{id}/confirm",
    operation_id="confirm_checkout",
    openapi_extra=concurrency.IF_MATCH,
    response_model=Checkout,
)
async def confirm_checkout(
    id: UUID, request: Request, connection: Transaction, body: Confirmation | None = None
) -> Response:
    """Redeem all or nothing; after `expires_at` it is reserved again if it can be."""
    locked, coupons = await service.lock_checkout(connection, id)
    concurrency.check(request, locked.version)
    return (await service.confirm_checkout(connection, locked, coupons, body or Confirmation())).answer()


@router.post(
    "/checkouts/{id}/cancel",
    operation_id="cancel_checkout",
    openapi_extra=concurrency.IF_MATCH,
    response_model=Checkout,
)
async def cancel_checkout(id: UUID, request: Request, connection: Transaction) -> Response:
    """Give back what an open checkout holds."""
    locked, _ = await service.lock_checkout(connection, id)
    concurrency.check(request, locked.version)
    return (await service.cancel_checkout(connection, locked)).answer()


async def _identify(request: Request, body: NewCheckout) -> Buyer:
    return await identify(request, body.customer) if body.customer else Buyer()


async def _reserve(body: NewCheckout, request: Request, buyer: Buyer, *, in_turn: bool) -> Response:
    lasting_s = request.app.state.settings.reservation_s
    async with sessions.transaction(request) as connection:
        id, told = await service.reserve_checkout(connection, body, buyer, lasting_s=lasting_s, in_turn=in_turn)
        return await idempotency.kept(request, told.answer(location=f"/v1/checkouts/{id}"))
