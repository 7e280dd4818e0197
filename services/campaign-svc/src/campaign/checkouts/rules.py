"""The money of a checkout, in whole minor units: which coupon takes which line, how much, and who pays for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from uuid import UUID

import msgspec

from campaign.offers.rules import WHOLE, OfferKind, Target
from campaign.projections.rules import Goods


class Reason(StrEnum):
    """Why a coupon did not apply."""

    COUPON_NOT_FOUND = "coupon_not_found"
    COUPON_EXPIRED = "coupon_expired"
    COUPON_NOT_STARTED = "coupon_not_started"
    COUPON_ALREADY_REDEEMED = "coupon_already_redeemed"
    COUPON_CANCELLED = "coupon_cancelled"
    RESERVED_ELSEWHERE = "reserved_elsewhere"
    NOT_FOR_THIS_CUSTOMER = "not_for_this_customer"
    CURRENCY_MISMATCH = "currency_mismatch"
    NO_MATCHING_LINE = "no_matching_line"
    MINIMUM_NOT_REACHED = "minimum_not_reached"
    BETTER_OFFER_APPLIED = "better_offer_applied"
    BUDGET_EXHAUSTED = "budget_exhausted"
    CAMPAIGN_PAUSED = "campaign_paused"
    CAMPAIGN_ENDED = "campaign_ended"
    LIST_NOT_FOUND = "list_not_found"
    CUSTOMER_UNKNOWN = "customer_unknown"
    CUSTOMER_AMBIGUOUS = "customer_ambiguous"


class Line(msgspec.Struct, frozen=True):
    """A line of the basket; `amount` is its shelf value before our discount."""

    number: int
    goods: Goods
    quantity: Decimal
    amount: int


class Candidate(msgspec.Struct, frozen=True):
    """A coupon that could apply, with the terms it was issued with."""

    coupon_id: UUID
    code: str
    offer_id: UUID
    kind: OfferKind
    value: int
    target: Target
    campaign_id: UUID | None = None
    sponsor_id: UUID | None = None
    sponsor_share: Decimal = Decimal(0)
    minimum_quantity: Decimal | None = None
    minimum_spend_amount: int | None = None


class Share(msgspec.Struct, frozen=True):
    """What one coupon takes off one line."""

    number: int
    amount: int


class Applied(msgspec.Struct, frozen=True):
    """A coupon that applies: its discount, split by line and by who pays."""

    candidate: Candidate
    shares: tuple[Share, ...]
    amount: int
    sponsor_amount: int


class Refused(msgspec.Struct, frozen=True):
    candidate: Candidate
    reason: Reason


class Pricing(msgspec.Struct, frozen=True):
    """The outcome for a basket; every candidate is in exactly one of the two."""

    applied: tuple[Applied, ...]
    refused: tuple[Refused, ...]

    @property
    def discount_amount(self) -> int:
        return sum(applied.amount for applied in self.applied)

    @property
    def spent(self) -> dict[UUID, int]:
        """The discount by campaign, of those that have one."""
        totals: dict[UUID, int] = defaultdict(int)
        for applied in self.applied:
            if applied.candidate.campaign_id is not None:
                totals[applied.candidate.campaign_id] += applied.amount
        return dict(totals)


def price(basket: Sequence[Line], candidates: Iterable[Candidate], remaining: Mapping[UUID, int]) -> Pricing:
    """Apply coupons to a basket: one coupon a line, the best one, within what each campaign has left.

    remaining: minor units by campaign; a campaign that is not in it has no budget to watch.
    """
    asked = sorted(candidates, key=lambda candidate: candidate.code)
    refused = {c.coupon_id: Refused(c, reason) for c in asked if (reason := ineligible(basket, c)) is not None}
    while True:
        applied = _share_out(basket, [c for c in asked if c.coupon_id not in refused])
        over = _over_budget(applied, remaining)
        if not over:
            break
        refused |= {c.coupon_id: Refused(c, Reason.BUDGET_EXHAUSTED) for c in over}
    settled = refused.keys() | {a.candidate.coupon_id for a in applied}
    beaten = [Refused(c, Reason.BETTER_OFFER_APPLIED) for c in asked if c.coupon_id not in settled]
    return Pricing(tuple(applied), (*refused.values(), *beaten))


def ineligible(basket: Sequence[Line], candidate: Candidate) -> Reason | None:
    """Why a coupon cannot touch this basket at all, or None. Minimums look at every line the coupon covers."""
    covered = _covered(basket, candidate)
    if not any(_discount(line, candidate) > 0 for line in covered):
        return Reason.NO_MATCHING_LINE
    quantity = sum((line.quantity for line in covered), Decimal(0))
    amount = sum(line.amount for line in covered)
    if quantity < (candidate.minimum_quantity or 0) or amount < (candidate.minimum_spend_amount or 0):
        return Reason.MINIMUM_NOT_REACHED
    return None


def split(total: int, weights: Sequence[int]) -> list[int]:
    """`total` in whole units over `weights` by largest remainder; no part exceeds its weight if total does not.

    Raises: ValueError when there is nothing to split over.
    """
    whole = sum(weights)
    if whole <= 0:
        raise ValueError("weights must sum to more than 0")
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def line_amount(unit_amount: int, quantity: Decimal) -> int:
    """Unit price times quantity, in whole minor units, half up as Postgres rounds."""
    return _rounded(Decimal(unit_amount) * quantity)


def sponsored(amount: int, share: Decimal) -> int:
    """The sponsor's part of a discount; the store pays the rest."""
    return _rounded(amount * share)


def _share_out(basket: Sequence[Line], candidates: Sequence[Candidate]) -> list[Applied]:
    """Give each line to the coupon worth most on it, then work each coupon out on the lines it won."""
    offered: dict[int, tuple[int, Candidate]] = {}
    for candidate in candidates:
        for share in _shares(_covered(basket, candidate), candidate):
            if share.amount > offered.get(share.number, (0, candidate))[0]:
                offered[share.number] = share.amount, candidate
    applied = []
    for candidate in candidates:
        won = [line for line in basket if offered.get(line.number, (0, None))[1] is candidate]
        shares = tuple(share for share in _shares(won, candidate) if share.amount)
        if shares:
            amount = sum(share.amount for share in shares)
            applied.append(Applied(candidate, shares, amount, sponsored(amount, candidate.sponsor_share)))
    return applied


def _shares(lines: Sequence[Line], candidate: Candidate) -> list[Share]:
    if candidate.kind is not OfferKind.AMOUNT:
        return [Share(line.number, _discount(line, candidate)) for line in lines]
    worth = sum(line.amount for line in lines)
    if worth == 0:
        return []
    parts = split(min(candidate.value, worth), [line.amount for line in lines])
    return [Share(line.number, part) for line, part in zip(lines, parts, strict=True)]


def _discount(line: Line, candidate: Candidate) -> int:
    """What the coupon takes off this line alone: never less than nothing, never more than the line."""
    if candidate.kind is OfferKind.PERCENTAGE:
        return min(line.amount, _rounded(Decimal(line.amount * candidate.value) / WHOLE))
    if candidate.kind is OfferKind.AMOUNT:
        return min(line.amount, candidate.value)
    if line.quantity == 0:
        return 0
    return max(0, line.amount - line_amount(candidate.value, line.quantity))


def _over_budget(applied: Sequence[Applied], remaining: Mapping[UUID, int]) -> list[Candidate]:
    """The coupons that no longer fit, when each campaign's budget serves the largest discounts first."""
    left = dict(remaining)
    over = []
    for each in sorted(applied, key=lambda a: (-a.amount, a.candidate.code)):
        campaign_id = each.candidate.campaign_id
        if campaign_id is None or campaign_id not in left:
            continue
        if each.amount > left[campaign_id]:
            over.append(each.candidate)
        else:
            left[campaign_id] -= each.amount
    return over


def _covered(basket: Sequence[Line], candidate: Candidate) -> list[Line]:
    return [line for line in basket if candidate.target.covers(line.goods)]


def _rounded(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), ROUND_HALF_UP))
