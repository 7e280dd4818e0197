"""Coupons by code, and batches of them."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns import service as campaigns
from campaign.campaigns.errors import CurrencyMismatch
from campaign.coupons import codes, repository
from campaign.coupons.errors import CouponBatchNotFound, CouponNotFound
from campaign.coupons.models import CouponBatchRow, CouponRow
from campaign.coupons.schemas import NewCouponBatch
from campaign.lookups import found
from campaign.offers import service as offers
from campaign.offers.errors import OfferArchived
from crmkit.data import audit
from crmkit.problems import FieldError
from crmkit.work import jobs

JOB = "coupon_batch"


class BatchParams(BaseModel):
    batch_id: UUID


async def get_coupon(session: AsyncSession, typed: str) -> CouponRow:
    """The coupon of a code as a person may type it. Raises: CouponNotFound (404)."""
    code = codes.normalise(typed)
    coupon = await repository.find_by_code(session, code) if code else None
    if coupon is None:
        raise CouponNotFound("Check the code; a wrong character is noticed by its last one.")
    return coupon


async def get_batch(session: AsyncSession, batch_id: UUID) -> CouponBatchRow:
    """Raises: CouponBatchNotFound (404)."""
    return found(await session.get(CouponBatchRow, batch_id), CouponBatchNotFound, batch_id)


async def order_batch(session: AsyncSession, new: NewCouponBatch, *, service: str) -> jobs.Job:
    """Record the batch and the job that fills it.

    Raises: OfferNotFound, CampaignNotFound (404), OfferArchived, CampaignState (409), CurrencyMismatch (422).
    """
    offer = await offers.get_offer(session, new.offer_id)
    if offer.archived_at is not None:
        raise OfferArchived("An archived offer gets no new coupons.")
    if new.campaign_id is not None:
        campaign = await campaigns.hold_lasting(session, new.campaign_id)
        if campaign.currency != offer.currency:
            fault = f"The campaign is in {campaign.currency}, the offer in {offer.currency}."
            raise CurrencyMismatch(errors=[FieldError("/campaign_id", fault)])
    batch = CouponBatchRow(**new.model_dump(exclude={"valid_from"}), valid_from=new.valid_from or datetime.now(UTC))
    batch.id = await repository.make_id(session)
    job = await jobs.create(session, service=service, kind=JOB, params=BatchParams(batch_id=batch.id), total=new.count)
    batch.job_id = job.id
    session.add(batch)
    await session.flush()
    await audit.record(session, "create_coupon_batch", f"/v1/coupon-batches/{batch.id}")
    return job
