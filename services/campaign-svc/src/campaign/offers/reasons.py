"""Why a coupon does not apply: a stable word for programs and a sentence for people."""

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """One reason; `detail` says it in a sentence."""

    detail: str

    def __new__(cls, word: str, detail: str) -> Self:
        reason = str.__new__(cls, word)
        reason._value_ = word
        reason.detail = detail
        return reason

    COUPON_NOT_FOUND = "coupon_not_found", "There is no coupon with this code."
    COUPON_EXPIRED = "coupon_expired", "The coupon is no longer valid."
    COUPON_NOT_STARTED = "coupon_not_started", "The coupon is not valid yet."
    COUPON_ALREADY_REDEEMED = "coupon_already_redeemed", "The coupon has been used."
    RESERVED_ELSEWHERE = "reserved_elsewhere", "Another checkout holds the coupon right now."
    NOT_FOR_THIS_CUSTOMER = "not_for_this_customer", "The coupon is another customer's."
    CUSTOMER_REQUIRED = "customer_required", "The coupon is limited for each customer, and nobody was named."
    LIMIT_REACHED = "limit_reached", "The customer has used as many coupons of this kind as one may."
    OFFER_NOT_STARTED = "offer_not_started", "The offer has not begun yet."
    OFFER_ENDED = "offer_ended", "The offer is over."
    CURRENCY_MISMATCH = "currency_mismatch", "The offer, or the campaign that pays, is in another currency."
    NO_MATCHING_LINE = "no_matching_line", "Nothing in the basket is covered by the offer."
    NO_DISCOUNT = "no_discount", "The offer takes nothing off what the basket has of it."
    MINIMUM_NOT_REACHED = "minimum_not_reached", "Too little is shown of what the offer asks for."
    DISCOUNT_TOO_LARGE = "discount_too_large", "The coupon is not worth as much."
    BETTER_OFFER_APPLIED = "better_offer_applied", "Another coupon gives more on the same lines."
    BUDGET_EXHAUSTED = "budget_exhausted", "The campaign has nothing left to give."
    CAMPAIGN_NOT_LAUNCHED = "campaign_not_launched", "The campaign has not been launched."
    CAMPAIGN_PAUSED = "campaign_paused", "The campaign is paused."
    CAMPAIGN_ENDED = "campaign_ended", "The campaign has ended, and its coupons with it."
    LIST_NOT_FOUND = "list_not_found", "There is no shopping list with this code."
    CUSTOMER_UNKNOWN = "customer_unknown", "Nobody is known by this handle; the basket is anonymous."
    CUSTOMER_AMBIGUOUS = "customer_ambiguous", "More than one customer has this handle; the basket is anonymous."
