"""`/v1/redemptions`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from campaign.redemptions import repository, service
from campaign.redemptions.schemas import NewRedemption, Redemption, RedemptionQuery, Reversal
from campaign.references import Buyer, identify
from crmkit.data import db
from crmkit.problems import AmbiguousReference, FieldError, Unavailable, UnknownReference
from crmkit.web import concurrency, hot, idempotency, paging, sessions
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session, Transaction

router = api_router(tags=["redemptions"], scope="campaigns")
hot_router = hot.router(tags=["redemptions"], scope="campaigns")


@hot_router.post("/redemptions", status_code=201, operation_id="create_redemption", response_model=Redemption)
async def create_redemption(body: NewRedemption, request: Request) -> Response:
    buyer = await identify(request, body.customer) if body.customer else None
    async with sessions.transaction(request) as connection:
        id, told = await service.redeem_coupon(connection, body, _known(buyer) if buyer else None)
        return await idempotency.kept(request, told.answer(location=f"/v1/redemptions/{id}"))


@router.get("/redemptions", operation_id="list_redemptions", response_model=paging.Page[Redemption])
async def list_redemptions(request: Request, session: Session, asked: Annotated[RedemptionQuery, Query()]) -> Response:
    return await repository.REDEMPTIONS.answer(request, session, asked)


@router.get("/redemptions/{id}", operation_id="get_redemption", response_model=Redemption)
async def get_redemption(id: UUID, connection: Transaction) -> Response:
    return (await service.get_redemption(connection, id)).answer()


@router.post(
    "/redemptions/{id}/reverse",
    operation_id="reverse_redemption",
    openapi_extra=concurrency.IF_MATCH,
    response_model=Redemption,
)
async def reverse_redemption(
    id: UUID,
    request: Request,
    session: Session,
    body: Reversal | None = None,  # noqa: ARG001 - it takes no member, so that a part of it is not asked for in vain
) -> Response:
    """Goods came back: the whole of it is undone, and the coupon may be used again while it is valid."""
    locked = await service.lock_redemption(await db.driver(session), id)
    concurrency.check(request, locked["version"])
    return (await service.reverse_redemption(session, locked)).answer()


def _known(buyer: Buyer) -> UUID:
    """Raises: UnknownReference (422), AmbiguousReference (409), Unavailable (503) where nobody could be asked."""
    if buyer.is_guess:
        raise Unavailable("Who this is is not known here, and cannot be asked right now.")
    if buyer.candidates:
        raise AmbiguousReference("More than one customer has this handle.", candidates=buyer.candidates)
    if buyer.customer_id is None:
        raise UnknownReference(errors=[FieldError("/customer", "No customer is known by this.")])
    return buyer.customer_id
