"""`/v1/redemptions`."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from campaign.redemptions import fast, repository, service
from campaign.redemptions.models import RedemptionRow
from campaign.redemptions.schemas import NewRedemption, Redemption
from crmkit.web import concurrency, hot, paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session

router = api_router(tags=["redemptions"], scope="campaigns")
hot_router = hot.router(tags=["redemptions"], scope="campaigns")


@hot_router.post("/redemptions", status_code=201, operation_id="create_redemption", response_model=Redemption)
async def create_redemption(body: NewRedemption, request: Request) -> Response:
    return await fast.redeem(request, body)


@router.get("/redemptions", operation_id="list_redemptions", response_model=paging.Page[Redemption])
async def list_redemptions(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    customer_id: Annotated[UUID | None, Query()] = None,
    checkout_id: Annotated[UUID | None, Query()] = None,
) -> Response:
    query = repository.list_redemptions(customer_id=customer_id, checkout_id=checkout_id)
    keys = {"redeemed_at": RedemptionRow.redeemed_at}
    listing = paging.Listing(query, keys=keys, tie=RedemptionRow.id, default="-redeemed_at", model=Redemption)
    return await paging.answer(request, session, page, listing)


@router.get("/redemptions/{id}", operation_id="get_redemption")
async def get_redemption(id: UUID, session: Session, response: Response) -> Redemption:
    redemption = await service.get_redemption(session, id)
    concurrency.tag(response, redemption.version)
    return redemption


@router.post("/redemptions/{id}/reverse", operation_id="reverse_redemption", openapi_extra=concurrency.IF_MATCH)
async def reverse_redemption(id: UUID, request: Request, session: Session, response: Response) -> Redemption:
    """Goods came back: the coupon may be used again while it is valid."""
    concurrency.check(request, await service.lock_redemption(session, id))
    redemption = await service.reverse_redemption(session, id)
    concurrency.tag(response, redemption.version)
    return redemption
