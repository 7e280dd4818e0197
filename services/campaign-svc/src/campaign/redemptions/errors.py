"""What can go wrong with redemptions."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from campaign.checkouts.rules import Reason
from crmkit.problems import Conflict, NotFound


class RedemptionNotFound(NotFound):
    code, title = "redemption_not_found", "There is no such redemption"


class RedemptionReversed(Conflict):
    code, title = "redemption_reversed", "The redemption has been reversed already"


class CouponAlreadyRedeemed(Conflict):
    code, title = Reason.COUPON_ALREADY_REDEEMED.value, "The coupon has been used"


class CouponExpired(Conflict):
    code, title = Reason.COUPON_EXPIRED.value, "The coupon is no longer valid"


class CouponNotStarted(Conflict):
    code, title = Reason.COUPON_NOT_STARTED.value, "The coupon is not valid yet"


class ReservedElsewhere(Conflict):
    code, title = Reason.RESERVED_ELSEWHERE.value, "A checkout holds the coupon right now"


class NotForThisCustomer(Conflict):
    code, title = Reason.NOT_FOR_THIS_CUSTOMER.value, "The coupon is another customer's"


class CampaignPaused(Conflict):
    code, title = Reason.CAMPAIGN_PAUSED.value, "The campaign is paused"


class CampaignEnded(Conflict):
    code, title = Reason.CAMPAIGN_ENDED.value, "The campaign has ended, and its coupons with it"


class CurrencyMismatch(Conflict):
    code, title = Reason.CURRENCY_MISMATCH.value, "The campaign that pays has another currency"


class BudgetExhausted(Conflict):
    code, title = Reason.BUDGET_EXHAUSTED.value, "The campaign has nothing left to give"


REFUSALS: Final[Mapping[str, type[Conflict]]] = MappingProxyType(
    {
        case.code: case
        for case in (
            CouponAlreadyRedeemed,
            CouponExpired,
            CouponNotStarted,
            ReservedElsewhere,
            NotForThisCustomer,
            CampaignPaused,
            CampaignEnded,
            CurrencyMismatch,
            BudgetExhausted,
        )
    }
)
