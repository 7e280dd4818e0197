"""The job that fills a batch: chunk by chunk, each chunk whole or not there."""

from typing import Final

from asyncpg import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns import service as campaigns
from campaign.coupons import codes, repository, service
from campaign.coupons.models import CouponBatchRow
from campaign.coupons.repository import NewCoupon
from campaign.coupons.schemas import CouponBatch
from campaign.lookups import show, tell
from campaign.offers.models import OfferRow
from crmkit.work import jobs

CHUNK: Final = 20_000


async def run(run: jobs.Run) -> CouponBatch:
    """Issue what is missing; the last chunk tells the world."""
    batch_id = service.BatchParams.model_validate(run.params).batch_id
    while True:
        async with run.chunk() as chunk:
            batch = await service.get_batch(chunk.session, batch_id)
            missing = min(CHUNK, batch.count - batch.issued_count)
            if missing:
                if batch.campaign_id is not None:
                    await campaigns.hold_lasting(chunk.session, batch.campaign_id)
                await _issue(chunk.session, batch, missing)
                chunk.save(None, processed=missing)
            if batch.issued_count == batch.count:
                if missing:
                    await tell(chunk.session, "coupon_batch", "issued", batch)
                return CouponBatch.model_validate_json((await show(chunk.session, "coupon_batch", batch)).document)


async def _issue(session: AsyncSession, batch: CouponBatchRow, count: int) -> None:
    offer = await session.get_one(OfferRow, batch.offer_id)
    terms = batch.offer_id, offer.value, batch.valid_from, batch.valid_until, batch.campaign_id, None, batch.id

    async def write(connection: Connection) -> None:
        await repository.copy_coupons(connection, [NewCoupon(code, *terms) for code in codes.generate(count)])

    await repository.with_fresh_codes(session, write)
    await repository.count_issued(session, batch.id, count)
    await session.refresh(batch)
