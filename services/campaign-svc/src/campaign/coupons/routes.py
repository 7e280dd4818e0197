"""`/v1/coupons` and `/v1/coupon-batches`."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response

from campaign.coupons import repository, service
from campaign.coupons.models import CouponRow
from campaign.coupons.schemas import Coupon, CouponBatch, CouponBatchQuery, CouponQuery, NewCouponBatch
from campaign.lookups import show
from crmkit.web import paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from crmkit.work import jobs

router = api_router(tags=["coupons"], scope="campaigns")


@router.get("/coupons", operation_id="list_coupons", response_model=paging.Page[Coupon])
async def list_coupons(request: Request, session: Session, asked: Annotated[CouponQuery, Query()]) -> Response:
    """Sorted by `id`, which rises with the time of issue: `sort=-id` gives the newest first."""
    return await repository.COUPONS.answer(request, session, asked)


@router.get("/coupons/{code}", operation_id="get_coupon", response_model=Coupon)
async def get_coupon(code: Annotated[str, Path(max_length=40)], session: Session) -> Response:
    return (await show(session, "coupon", await service.get_coupon(session, code))).answer()


@router.post("/coupon-batches", status_code=202, operation_id="create_coupon_batch")
async def create_batch(body: NewCouponBatch, request: Request, session: Session, response: Response) -> jobs.Job:
    settings = request.app.state.settings
    job = await service.order_batch(session, body, service=settings.service)
    response.headers["Location"] = jobs.location(settings.service, job.id)
    return job


@router.get("/coupon-batches", operation_id="list_coupon_batches", response_model=paging.Page[CouponBatch])
async def list_batches(request: Request, session: Session, asked: Annotated[CouponBatchQuery, Query()]) -> Response:
    return await repository.BATCHES.answer(request, session, asked)


@router.get("/coupon-batches/{id}", operation_id="get_coupon_batch", response_model=CouponBatch)
async def get_batch(id: UUID, session: Session) -> Response:
    return (await show(session, "coupon_batch", await service.get_batch(session, id))).answer()


@router.get(
    "/coupon-batches/{id}/coupons", operation_id="list_coupon_batch_coupons", response_model=paging.Page[Coupon]
)
async def list_batch_coupons(
    id: UUID, request: Request, session: Session, asked: Annotated[CouponQuery, Query()]
) -> Response:
    await service.get_batch(session, id)
    return await repository.COUPONS.where(CouponRow.batch_id == id).answer(request, session, asked)
