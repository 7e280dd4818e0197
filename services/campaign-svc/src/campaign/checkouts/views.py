"""A priced basket as the API shows it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from campaign.checkouts.models import Basket, Holding, Reserved
from campaign.checkouts.rules import Line as PricedLine
from campaign.checkouts.rules import Pricing, Reason, ineligible
from campaign.checkouts.schemas import (
    AppliedCoupon,
    Checkout,
    Customer,
    Discount,
    KnownProduct,
    Line,
    NewLine,
    NotApplied,
    Quote,
)
from campaign.coupons import codes
from crmkit.data.money import Money

DETAILS: Final[dict[Reason, str]] = {
    Reason.COUPON_NOT_FOUND: "There is no coupon with this code.",
    Reason.COUPON_EXPIRED: "The coupon is no longer valid.",
    Reason.COUPON_NOT_STARTED: "The coupon is not valid yet.",
    Reason.COUPON_ALREADY_REDEEMED: "The coupon has been used.",
    Reason.RESERVED_ELSEWHERE: "Another checkout holds the coupon right now.",
    Reason.NOT_FOR_THIS_CUSTOMER: "The coupon is another customer's.",
    Reason.CURRENCY_MISMATCH: "The offer is in another currency.",
    Reason.NO_MATCHING_LINE: "Nothing in the basket is covered by the offer.",
    Reason.MINIMUM_NOT_REACHED: "The basket has too little of what the offer asks for.",
    Reason.BETTER_OFFER_APPLIED: "Another coupon gives more on the same lines.",
    Reason.BUDGET_EXHAUSTED: "The campaign has nothing left to give.",
    Reason.CAMPAIGN_PAUSED: "The campaign is paused.",
    Reason.CAMPAIGN_ENDED: "The campaign has ended, and its coupons with it.",
    Reason.LIST_NOT_FOUND: "There is no shopping list with this code.",
    Reason.CUSTOMER_UNKNOWN: "Nobody is known by this handle; the basket is anonymous.",
    Reason.CUSTOMER_AMBIGUOUS: "More than one customer is known by this handle; the basket is anonymous.",
}
UNNAMED: Final = {"pending": Reason.CUSTOMER_UNKNOWN, "ambiguous": Reason.CUSTOMER_AMBIGUOUS}
# Of coupons nobody showed, a customer hears only where one would have saved them something.
UNASKED: Final = frozenset(
    {
        Reason.NOT_FOR_THIS_CUSTOMER,
        Reason.RESERVED_ELSEWHERE,
        Reason.BUDGET_EXHAUSTED,
        Reason.CAMPAIGN_PAUSED,
    }
)


def quote(basket: Basket, pricing: Pricing, not_applied: Sequence[NotApplied]) -> Quote:
    """What the basket gets."""
    posted = basket.posted
    discounts: dict[int, list[Discount]] = defaultdict(list)
    for applied in pricing.applied:
        for share in applied.shares:
            discounts[share.number].append(Discount(amount=share.amount, code=applied.candidate.code))
    total = sum(line.amount for line in basket.lines) - pricing.discount_amount
    return Quote(
        customer=_customer(basket),
        store_id=posted.store_id,
        currency=posted.currency,
        brand=posted.brand,
        lines=[_line(p, line, discounts[line.number]) for p, line in zip(posted.lines, basket.lines, strict=True)],
        discount=Money(amount=pricing.discount_amount, currency=posted.currency),
        total=Money(amount=total, currency=posted.currency),
        applied=[AppliedCoupon.model_validate(each, from_attributes=True) for each in reserved(pricing)],
        not_applied=list(not_applied),
    )


def _customer(basket: Basket) -> Customer | None:
    buyer, named = basket.buyer, basket.posted.customer
    if named is None or buyer.resolution == "resolved" or basket.customer_id != buyer.customer_id:
        return None if basket.customer_id is None else Customer(id=basket.customer_id)
    return Customer(
        id=buyer.customer_id,
        handle=named.as_given(),
        resolution=buyer.resolution,
        candidates=list(buyer.candidates),
    )


def checkout(quote: Quote, id: UUID, *, created_at: datetime, expires_at: datetime) -> Checkout:
    """The quote, held."""
    held = {"id": id, "version": 1, "status": "reserved", "created_at": created_at, "expires_at": expires_at}
    return Checkout.model_validate(dict(quote) | held)


def reserved(pricing: Pricing) -> list[Reserved]:
    """What the checkout holds."""
    return [
        Reserved(
            coupon_id=each.candidate.coupon_id,
            code=each.candidate.code,
            offer_id=each.candidate.offer_id,
            campaign_id=each.candidate.campaign_id,
            sponsor_id=each.candidate.sponsor_id,
            sponsor_share=each.candidate.sponsor_share,
            amount=each.amount,
            sponsor_amount=each.sponsor_amount,
        )
        for each in pricing.applied
    ]


def refusals(basket: Basket, holdings: Sequence[Holding], pricing: Pricing, now: datetime) -> list[NotApplied]:
    """Everything that was shown and did not apply, with its reason."""
    return [
        NotApplied(code=code, reason=reason, detail=DETAILS[reason])
        for code, reason in (*_unreadable(basket, holdings), *_refused(basket, holdings, pricing, now))
    ]


def _unreadable(basket: Basket, holdings: Sequence[Holding]) -> Iterator[tuple[str | None, Reason]]:
    if basket.buyer.customer_id is None and basket.buyer.resolution != "resolved":
        yield None, UNNAMED[basket.buyer.resolution]
    if basket.posted.list_code is not None and basket.shopping_list is None:
        yield basket.posted.list_code, Reason.LIST_NOT_FOUND
    known = {holding.candidate.code for holding in holdings}
    for typed in basket.posted.coupon_codes:
        if codes.normalise(typed) not in known:
            yield typed, Reason.COUPON_NOT_FOUND


def _refused(
    basket: Basket, holdings: Sequence[Holding], pricing: Pricing, now: datetime
) -> Iterator[tuple[str | None, Reason]]:
    asked = set(basket.asked_codes)
    outcome = {refused.candidate.code: refused.reason for refused in pricing.refused}
    for holding in sorted(holdings, key=lambda holding: holding.candidate.code):
        code = holding.candidate.code
        reason = holding.obstacle(basket.customer_id, basket.posted.currency, now) or outcome.get(code)
        if reason is None:
            continue
        would_save = reason in UNASKED and ineligible(basket.lines, holding.candidate) is None
        if code in asked or would_save:
            yield code, reason


def _line(posted: NewLine, priced: PricedLine, discounts: list[Discount]) -> Line:
    product = posted.product
    named = product.external_id is not None
    return Line(
        line=priced.number,
        product=KnownProduct(
            id=priced.goods.id, external_id=product.external_id, source=product.source if named else None
        ),
        quantity=posted.quantity,
        unit_amount=posted.unit_amount,
        gross_amount=priced.amount,
        amount=priced.amount - sum(discount.amount for discount in discounts),
        discounts=discounts,
    )
