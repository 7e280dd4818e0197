"""A priced basket as it is stored and shown."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from campaign.checkouts.models import Basket, Receipt, Reserved
from campaign.checkouts.rules import Applied, Pricing, ineligible
from campaign.checkouts.rules import Line as PricedLine
from campaign.checkouts.schemas import NewLine
from campaign.coupons import codes
from campaign.coupons.rules import Holding
from campaign.offers.reasons import Reason

UNNAMED: Final = {"pending": Reason.CUSTOMER_UNKNOWN, "ambiguous": Reason.CUSTOMER_AMBIGUOUS}
# Of coupons nobody showed, a customer hears only where one would have saved them something.
UNASKED: Final = frozenset(
    {
        Reason.NOT_FOR_THIS_CUSTOMER,
        Reason.RESERVED_ELSEWHERE,
        Reason.BUDGET_EXHAUSTED,
        Reason.CAMPAIGN_PAUSED,
        Reason.LIMIT_REACHED,
    }
)

Told = tuple[str | None, Reason]


def receipt(basket: Basket, holdings: Sequence[Holding], pricing: Pricing) -> Receipt:
    """What the basket gets, and why it does not get the rest."""
    posted, handle = basket.posted, basket.buyer.handle
    discounts: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for applied in pricing.applied:
        for share in applied.shares:
            discounts[share.number].append({"kind": "coupon", "amount": share.amount, "code": applied.candidate.code})
    told = (*_unreadable(basket, holdings), *_refused(basket, holdings, pricing))
    return Receipt(
        customer_id=basket.customer_id,
        customer=_customer(basket),
        handle_kind=handle.kind if handle and basket.customer_id is None else None,
        handle_value=handle.value if handle and basket.customer_id is None else None,
        store_id=posted.store_id,
        currency=posted.currency,
        brand=posted.brand,
        lines=[_line(p, line, discounts[line.number]) for p, line in zip(posted.lines, basket.lines, strict=True)],
        applied=[_reserved(each) for each in pricing.applied],
        not_applied=[{"code": code, "reason": reason, "detail": reason.detail} for code, reason in told],
        discount_amount=pricing.discount_amount,
        total_amount=sum(line.amount for line in basket.lines) - pricing.discount_amount,
    )


def _customer(basket: Basket) -> dict[str, Any] | None:
    buyer, named = basket.buyer, basket.posted.customer
    shown: dict[str, Any] = {"id": basket.customer_id, "handle": None, "resolution": "resolved", "candidates": []}
    if named is None or buyer.resolution == "resolved" or basket.customer_id != buyer.customer_id:
        return None if basket.customer_id is None else shown
    return shown | {"handle": named.as_given(), "resolution": buyer.resolution, "candidates": buyer.candidates}


def _reserved(applied: Applied) -> Reserved:
    coupon = applied.candidate
    return Reserved(
        coupon_id=coupon.coupon_id,
        code=coupon.code,
        offer_id=coupon.offer_id,
        campaign_id=coupon.campaign_id,
        sponsor_id=coupon.sponsor_id,
        sponsor_share=float(coupon.sponsor_share),
        amount=applied.amount,
        sponsor_amount=applied.sponsor_amount,
    )


def _unreadable(basket: Basket, holdings: Sequence[Holding]) -> Iterator[Told]:
    if basket.customer_id is None and basket.buyer.resolution in UNNAMED:
        yield None, UNNAMED[basket.buyer.resolution]
    known = {holding.code for holding in holdings} | set(basket.begun.lists)
    posted = basket.posted
    if posted.list_code is not None and codes.normalise(posted.list_code) not in known:
        yield posted.list_code, Reason.LIST_NOT_FOUND
    for typed in posted.coupon_codes:
        if codes.normalise(typed) not in known:
            yield typed, Reason.COUPON_NOT_FOUND


def _refused(basket: Basket, holdings: Sequence[Holding], pricing: Pricing) -> Iterator[Told]:
    asked = set(basket.codes)
    outcome = {refused.candidate.code: refused.reason for refused in pricing.refused}
    for holding in sorted(holdings, key=lambda holding: holding.code):
        reason = basket.obstacle(holding) or outcome.get(holding.code)
        if reason is None:
            continue
        would_save = reason in UNASKED and ineligible(basket.lines, holding) is None
        if holding.code in asked or would_save:
            yield holding.code, reason


def _line(posted: NewLine, priced: PricedLine, discounts: list[dict[str, Any]]) -> dict[str, Any]:
    product = posted.product
    source = product.source if product.external_id is not None else None
    return {
        "line": priced.number,
        "product": {"id": priced.goods.id, "external_id": product.external_id, "source": source},
        "quantity": _number(posted.quantity),
        "unit_amount": posted.unit_amount,
        "gross_amount": priced.amount,
        "amount": priced.amount - sum(discount["amount"] for discount in discounts),
        "discounts": discounts,
    }


def _number(quantity: Decimal) -> int | float:
    return int(quantity) if quantity == quantity.to_integral_value() else float(quantity)
