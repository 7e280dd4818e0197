"""One coupon redeemed at once by a till that did the sums itself; and taken back when the goods come back."""

from uuid import UUID

from asyncpg import Connection, Record
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.coupons import codes, holdings
from campaign.coupons.errors import CouponNotFound
from campaign.coupons.holdings import Charge, Overdrawn, Shown
from campaign.coupons.rules import Holding, Visit, obstacle, sponsored
from campaign.lookups import found
from campaign.offers.reasons import Reason
from campaign.redemptions import repository, rules
from campaign.redemptions.errors import REFUSALS, RedemptionNotFound, RedemptionReversed
from campaign.redemptions.models import Redeemed
from campaign.redemptions.schemas import NewRedemption
from crmkit.data import audit, db
from crmkit.web.told import Told


async def redeem_coupon(connection: Connection, new: NewRedemption, customer_id: UUID | None) -> tuple[UUID, Told]:
    """Raises: CouponNotFound (404), or the Conflict (409) of the reason why it cannot be redeemed."""
    code = codes.normalise(new.code)
    shown = await holdings.lock_by_code(connection, code, customer_id) if code else None
    if shown is None:
        raise CouponNotFound("Check the code; a wrong character is noticed by its last one.")
    coupon = shown.holding
    reason = obstacle(coupon, Visit(shown.now, customer_id)) or rules.unfit(coupon, new.discount_amount)
    if reason is not None:
        raise REFUSALS[reason]
    redeemed = _redemption(shown, new, customer_id or coupon.customer_id)
    (document,) = await repository.redeem(connection, [redeemed])
    await _charge(connection, coupon, redeemed)
    return redeemed.id, Told(document, redeemed.version)


async def get_redemption(connection: Connection, redemption_id: UUID) -> Told:
    """Raises: RedemptionNotFound (404)."""
    return found(await repository.find_document(connection, redemption_id), RedemptionNotFound, redemption_id)


async def lock_redemption(connection: Connection, redemption_id: UUID) -> Record:
    """Raises: RedemptionNotFound (404)."""
    return found(await repository.lock_redemption(connection, redemption_id), RedemptionNotFound, redemption_id)


async def reverse_redemption(session: AsyncSession, locked: Record) -> Told:
    """Give the coupon, its use and the budget of a locked redemption back. Raises: RedemptionReversed (409)."""
    if locked["status"] == "reversed":
        raise RedemptionReversed("A redemption is given back once.")
    connection = await db.driver(session)
    told = await repository.reverse(connection, locked["id"])
    await holdings.give_back_uses(connection, [(locked["customer_id"], locked["coupon_id"])])
    if locked["campaign_id"] is not None:
        back = Charge(locked["campaign_id"], spent=-locked["discount_amount"], redemption_id=locked["id"])
        await holdings.charge(connection, "give_back", [back])
    await audit.record(session, "reverse_redemption", f"/v1/redemptions/{locked['id']}")
    return told


async def _charge(connection: Connection, coupon: Holding, redeemed: Redeemed) -> None:
    """Count the use and charge the budget, at the end and guarded: others wait for both."""
    reason = Reason.LIMIT_REACHED
    try:
        await holdings.use(connection, redeemed.customer_id, dict.fromkeys(coupon.limits, 1))
        reason = Reason.BUDGET_EXHAUSTED
        if coupon.campaign_id is not None:
            spent = Charge(coupon.campaign_id, spent=redeemed.discount_amount, redemption_id=redeemed.id)
            await holdings.charge(connection, "settle", [spent])
    except Overdrawn as overdrawn:
        raise REFUSALS[reason] from overdrawn


def _redemption(shown: Shown, new: NewRedemption, customer_id: UUID | None) -> Redeemed:
    coupon, amount = shown.holding, rules.taken_off(shown.holding, new.discount_amount)
    return Redeemed(
        id=shown.redemption_id,
        coupon_id=coupon.coupon_id,
        code=coupon.code,
        offer_id=coupon.offer_id,
        campaign_id=coupon.campaign_id,
        sponsor_id=coupon.sponsor_id,
        customer_id=customer_id,
        checkout_id=None,
        store_id=new.store_id,
        order_source=new.order.source if new.order else None,
        order_external_id=new.order.external_id if new.order else None,
        currency=coupon.currency,
        discount_amount=amount,
        sponsor_amount=sponsored(amount, coupon.sponsor_share),
        redeemed_at=shown.now,
    )
