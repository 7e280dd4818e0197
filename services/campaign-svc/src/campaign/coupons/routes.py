"""`/v1/coupons` and `/v1/coupon-batches`."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query, Request, Response

from campaign.coupons import repository, service
from campaign.coupons.models import CouponBatchRow, CouponRow
from campaign.coupons.schemas import Coupon, CouponBatch, CouponStatus, NewCouponBatch
from crmkit.data.instants import Instant
from crmkit.web import concurrency, paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from crmkit.work import jobs

router = api_router(tags=["coupons"], scope="campaigns")


@router.get("/coupons", operation_id="list_coupons", response_model=paging.Page[Coupon])
async def list_coupons(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    status: Annotated[CouponStatus | None, Query()] = None,
    customer_id: Annotated[UUID | None, Query()] = None,
    valid_until_gte: Annotated[Instant | None, Query(description="leaves out what has expired by then")] = None,
) -> Response:
    """Sorted by `id`, which rises with the time of issue: `sort=-id` gives the newest first."""
    query = repository.list_coupons(status=status, customer_id=customer_id, valid_until_gte=valid_until_gte)
    listing = paging.Listing(query, keys={"id": CouponRow.id}, tie=CouponRow.id, default="id", model=Coupon)
    return await paging.answer(request, session, page, listing)


@router.get("/coupons/{code}", operation_id="get_coupon")
async def get_coupon(code: Annotated[str, Path(max_length=40)], session: Session, response: Response) -> Coupon:
    row = await service.get_coupon(session, code)
    concurrency.tag(response, row.version)
    return Coupon.model_validate(row, from_attributes=True)


@router.post("/coupon-batches", status_code=202, operation_id="create_coupon_batch")
async def create_batch(body: NewCouponBatch, request: Request, session: Session, response: Response) -> jobs.Job:
    settings = request.app.state.settings
    job = await service.order_batch(session, body, service=settings.service)
    response.headers["Location"] = jobs.location(settings.service, job.id)
    return job


@router.get("/coupon-batches", operation_id="list_coupon_batches", response_model=paging.Page[CouponBatch])
async def list_batches(request: Request, session: Session, page: paging.PageQuery) -> Response:
    listing = paging.Listing(
        repository.list_batches(),
        keys={"created_at": CouponBatchRow.created_at},
        tie=CouponBatchRow.id,
        default="-created_at",
        model=CouponBatch,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/coupon-batches/{id}", operation_id="get_coupon_batch")
async def get_batch(id: UUID, session: Session, response: Response) -> CouponBatch:
    row = await service.get_batch(session, id)
    concurrency.tag(response, row.version)
    return CouponBatch.model_validate(row, from_attributes=True)


@router.get(
    "/coupon-batches/{id}/coupons", operation_id="list_coupon_batch_coupons", response_model=paging.Page[Coupon]
)
async def list_batch_coupons(id: UUID, request: Request, session: Session, page: paging.PageQuery) -> Response:
    await service.get_batch(session, id)
    query = repository.list_batch(id)
    listing = paging.Listing(query, keys={"id": CouponRow.id}, tie=CouponRow.id, default="id", model=Coupon)
    return await paging.answer(request, session, page, listing)
