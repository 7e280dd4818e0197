"""The money of a checkout, in whole minor units: which coupon takes which line, how much, and who pays for it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final
from uuid import UUID

import msgspec

from campaign.coupons.rules import Candidate, draws, overdrawn, rounded, shortfall, sponsored
from campaign.offers.reasons import Reason
from campaign.offers.rules import WHOLE, OfferKind
from campaign.projections.rules import Goods

_ORDER: Final = (OfferKind.PERCENTAGE, OfferKind.FIXED_PRICE, OfferKind.AMOUNT)
_THOUSANDTHS: Final = 1000  # quantities have three places
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


class Line(msgspec.Struct, frozen=True):
    """A line of the basket; `amount` is its shelf value before our discount."""

    number: int
    goods: Goods
    quantity: Decimal
    amount: int


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
        campaigns = {applied.candidate.campaign_id for applied in self.applied}
        return {id: amount for id, amount in self._drawn().items() if id in campaigns}

    @property
    def uses(self) -> dict[UUID, int]:
        """How many of the customer's uses each limited offer or batch is charged with."""
        campaigns = {applied.candidate.campaign_id for applied in self.applied}
        return {id: count for id, count in self._drawn().items() if id not in campaigns}

    def _drawn(self) -> dict[UUID, int]:
        totals: dict[UUID, int] = defaultdict(int)
        for applied in self.applied:
            for allowance, amount in draws(applied.candidate, applied.amount).items():
                totals[allowance] += amount
        return dict(totals)


def price(basket: Sequence[Line], candidates: Iterable[Candidate], left: Mapping[UUID, int]) -> Pricing:
    """Apply coupons to a basket: one coupon a line, the best one, within what budgets and limits have left.

    left: by campaign in minor units, by offer or batch in uses; what is not in it is not watched.
    """
    asked = sorted(candidates, key=_turn)
    refused = {c.coupon_id: Refused(c, reason) for c in asked if (reason := ineligible(basket, c)) is not None}
    while True:
        applied = _take_turns(_share_out(basket, [c for c in asked if c.coupon_id not in refused]))
        fallen = _without_effect(applied) or _overdrawn(applied, left)
        if not fallen:
            break
        refused |= {each.candidate.coupon_id: each for each in fallen}
    settled = refused.keys() | {a.candidate.coupon_id for a in applied}
    beaten = [Refused(c, Reason.BETTER_OFFER_APPLIED) for c in asked if c.coupon_id not in settled]
    return Pricing(tuple(applied), (*refused.values(), *beaten))


def ineligible(basket: Sequence[Line], candidate: Candidate) -> Reason | None:
    """Why a coupon cannot touch this basket at all, or None. Minimums look at every line the coupon covers."""
    covered = [line for line in basket if candidate.target.covers(line.goods)]
    if not covered:
        return Reason.NO_MATCHING_LINE
    if sum(apportion(*_worth(candidate, covered, _shelf(covered)))) == 0:
        return Reason.NO_DISCOUNT
    return shortfall(candidate, covered)


def apportion(numerators: Sequence[int], denominator: int) -> list[int]:
    """Exact parts in whole units: their sum rounded once, half up, and split by largest remainder, the first first.

    None is rounded but to a neighbour, so that a part that is whole stays as it is.
    """
    total = (2 * sum(numerators) + denominator) // (2 * denominator)
    parts = [numerator // denominator for numerator in numerators]
    by_remainder = sorted(range(len(parts)), key=lambda i: (-(numerators[i] % denominator), i))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def line_amount(unit_amount: int, quantity: Decimal) -> int:
    """Unit price times quantity, in whole minor units, half up as Postgres rounds."""
    return rounded(Decimal(unit_amount) * quantity)


def _turn(candidate: Candidate) -> tuple[int, int, datetime, UUID, UUID]:
    """Who applies before whom."""
    kind = _ORDER.index(candidate.kind)
    return candidate.priority, kind, candidate.ends_at or _NEVER, candidate.offer_id, candidate.coupon_id


def _share_out(basket: Sequence[Line], candidates: Sequence[Candidate]) -> list[tuple[Candidate, list[Line]]]:
    """Give each line to the coupon that would be worth most on it, were it alone; the first of equal ones."""
    best: dict[int, tuple[Fraction, Candidate]] = {}
    for candidate in candidates:
        covered = [line for line in basket if candidate.target.covers(line.goods)]
        numerators, denominator = _worth(candidate, covered, _shelf(covered))
        for line, numerator in zip(covered, numerators, strict=True):
            worth = Fraction(numerator, denominator)
            if worth > best.get(line.number, (0, candidate))[0]:
                best[line.number] = worth, candidate
    won: dict[UUID, list[Line]] = defaultdict(list)
    for line in basket:
        if line.number in best:
            won[best[line.number][1].coupon_id].append(line)
    return [(candidate, won[candidate.coupon_id]) for candidate in candidates if candidate.coupon_id in won]


def _take_turns(shares: Sequence[tuple[Candidate, list[Line]]]) -> list[Applied]:
    """Work each coupon out on the whole of its lines, each on what earlier ones have left of them."""
    left = {line.number: line.amount for _, lines in shares for line in lines}
    applied = []
    for candidate, lines in shares:
        parts = apportion(*_worth(candidate, lines, [left[line.number] for line in lines]))
        for line, part in zip(lines, parts, strict=True):
            left[line.number] -= part
        taken = tuple(Share(line.number, part) for line, part in zip(lines, parts, strict=True) if part)
        amount = sum(parts)
        applied.append(Applied(candidate, taken, amount, sponsored(amount, candidate.sponsor_share)))
    return applied


def _worth(candidate: Candidate, lines: Sequence[Line], amounts: Sequence[int]) -> tuple[list[int], int]:
    """What a coupon takes off each line, exactly: numerators, and their denominator. amounts: what is left of each."""
    value, whole = candidate.value, sum(amounts)
    match candidate.kind:
        case OfferKind.PERCENTAGE:
            return [amount * value for amount in amounts], WHOLE
        case OfferKind.AMOUNT:
            return [amount * min(value, whole) for amount in amounts], max(whole, 1)
        case OfferKind.FIXED_PRICE:
            sold = [int(line.quantity * _THOUSANDTHS) for line in lines]
            rest = [amount * _THOUSANDTHS - value * units for amount, units in zip(amounts, sold, strict=True)]
            return [max(0, each) if units else 0 for each, units in zip(rest, sold, strict=True)], _THOUSANDTHS


def _without_effect(applied: Sequence[Applied]) -> list[Refused]:
    """Those whose discount on the lines they won rounds to nothing: their lines are free for others."""
    return [Refused(each.candidate, Reason.NO_DISCOUNT) for each in applied if each.amount == 0]


def _overdrawn(applied: Sequence[Applied], left: Mapping[UUID, int]) -> list[Refused]:
    """Those that no longer fit, when what each allowance has left serves the largest discounts first."""
    remaining = dict(left)
    over = []
    for each in sorted(applied, key=lambda a: (-a.amount, a.candidate.code)):
        drawn = {id: n for id, n in draws(each.candidate, each.amount).items() if id in remaining}
        short = next((id for id, amount in drawn.items() if amount > remaining[id]), None)
        if short is not None:
            over.append(Refused(each.candidate, overdrawn(each.candidate, short)))
            continue
        for id, amount in drawn.items():
            remaining[id] -= amount
    return over


def _shelf(lines: Sequence[Line]) -> list[int]:
    return [line.amount for line in lines]
