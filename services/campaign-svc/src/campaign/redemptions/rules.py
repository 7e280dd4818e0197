"""What a till may take off that did the sums itself."""

from campaign.coupons.rules import Candidate, shortfall
from campaign.offers.reasons import Reason
from campaign.offers.rules import OfferKind


def unfit(coupon: Candidate, claimed: int | None) -> Reason | None:
    """Why a coupon cannot be redeemed without a basket, in which no minimum is reached.

    claimed: what the till took off. A percentage or a price depends on goods that only the till has seen.
    """
    if coupon.kind is OfferKind.AMOUNT and (claimed or 0) > coupon.value:
        return Reason.DISCOUNT_TOO_LARGE
    return shortfall(coupon, ())


def taken_off(coupon: Candidate, claimed: int | None) -> int:
    """The discount of a redemption: as the till told it, else the value of an amount offer."""
    if claimed is not None:
        return claimed
    return coupon.value if coupon.kind is OfferKind.AMOUNT else 0
