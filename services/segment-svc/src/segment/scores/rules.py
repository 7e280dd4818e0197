"""The definitions in plain Python, one customer or one list at a time: what the set statements are held against.

domain.md, sections 2 and 3. Amounts are minor units, days are dates of the business, `as_of` is exclusive.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import accumulate
from statistics import median
from uuid import UUID

from segment.scores.schemas import Abc, Lifecycle, Stability, Svcd, Tier
from segment.scoring_models.schemas import Thresholds

_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order as scoring sees it. cancelled_on, day: dates."""

    day: date
    amount: int
    cancelled_on: date | None = None


@dataclass(frozen=True, slots=True)
class Refund:
    day: date
    amount: int


@dataclass(frozen=True, slots=True)
class History:
    """Everything known of a customer."""

    customer_id: UUID
    external_id: str | None
    purchases: Sequence[Purchase] = ()
    refunds: Sequence[Refund] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """The metrics of a customer; days are None without an order."""

    order_count: int
    revenue_amount: int
    recency_days: int | None
    tenure_days: int | None
    purchase_days: int
    spend_w0_amount: int
    spend_w1_amount: int
    ordered_w1: bool
    recent_amount: int

    @property
    def mean_gap_days(self) -> Fraction | None:
        if self.purchase_days < 2 or self.tenure_days is None or self.recency_days is None:
            return None
        return Fraction(self.tenure_days - self.recency_days, self.purchase_days - 1)


def measure(history: History, as_of: date, rule: Thresholds) -> Measured:
    counted = [
        each
        for each in history.purchases
        if each.day < as_of and (each.cancelled_on is None or each.cancelled_on >= as_of)
    ]
    days = sorted({each.day for each in counted})
    flows = [(each.day, each.amount) for each in counted]
    flows += [(each.day, -each.amount) for each in history.refunds if each.day < as_of]
    w0, w1 = as_of - timedelta(rule.window_days), as_of - timedelta(2 * rule.window_days)
    return Measured(
        order_count=len(counted),
        revenue_amount=sum(amount for _, amount in flows),
        recency_days=(as_of - days[-1]).days if days else None,
        tenure_days=(as_of - days[0]).days if days else None,
        purchase_days=len(days),
        spend_w0_amount=sum(amount for day, amount in flows if day >= w0),
        spend_w1_amount=sum(amount for day, amount in flows if w1 <= day < w0),
        ordered_w1=any(w1 <= day < w0 for day in days),
        recent_amount=sum(amount for day, amount in flows if day >= as_of - timedelta(7 * rule.weekly_spend_weeks)),
    )


def bands(values: Sequence[int], k: int) -> list[int]:
    """1 (worst) to k (best) of each value among all, higher being better; equal values share a band."""
    return [1 + k * sum(other < value for other in values) // len(values) for value in values]


def by_value(histories: Sequence[History], amounts: Sequence[int]) -> list[int]:
    """The places of the customers from the most valuable on: by amount, external id, id."""

    def key(place: int) -> tuple[object, ...]:
        external_id = histories[place].external_id
        if external_id is None:
            name: tuple[object, ...] = (2, 0, "")
        elif _NUMBER.fullmatch(external_id):
            name = (0, int(external_id), "")
        else:
            name = (1, 0, external_id)
        return -amounts[place], name, histories[place].customer_id

    return sorted(range(len(histories)), key=key)


def abc(amounts: Sequence[int], percent: float) -> list[Abc]:
    """A or B of customers with an order, their amounts from the largest on."""
    before = [0, *accumulate(amounts)]
    return ["A" if 100 * ahead < percent * before[-1] else "B" for ahead in before[: len(amounts)]]


def tier(rank: int, customer_count: int, rule: Thresholds) -> Tier:
    shares: tuple[tuple[Tier, float], ...] = (
        ("platinum", rule.platinum_percent),
        ("gold", rule.gold_percent),
        ("silver", rule.silver_percent),
        ("bronze", rule.bronze_percent),
    )
    return next((name for name, share in shares if 100 * rank <= share * customer_count), "lead")


def amount_threshold(population: Sequence[Measured]) -> float:
    return median(each.revenue_amount / each.order_count for each in population)


def svcd(measured: Measured, threshold: float, rule: Thresholds) -> Svcd:
    often = measured.order_count * 30 >= rule.svcd_orders_a_month * max(measured.tenure_days or 0, 30)
    large = measured.revenue_amount / measured.order_count >= threshold
    if often:
        return "star" if large else "cow"
    return "volcano" if large else "dog"


def lifecycle(measured: Measured, rule: Thresholds) -> Lifecycle:
    recency, tenure, w0, w1 = (
        measured.recency_days,
        measured.tenure_days,
        measured.spend_w0_amount,
        measured.spend_w1_amount,
    )
    if recency is None or tenure is None:
        return Lifecycle(stage="prospect", state=None)
    if recency > rule.window_days:
        return Lifecycle(stage="decline", state="lapsed" if measured.ordered_w1 else "lost")
    if tenure <= rule.window_days:
        return Lifecycle(stage="exploration", state="new")
    if not measured.ordered_w1:
        return Lifecycle(stage="exploration", state="reactivated")
    if 100 * w0 >= rule.growing_percent * w1:
        return Lifecycle(stage="formation", state="growing")
    if 100 * w0 <= rule.declining_percent * w1:
        return Lifecycle(stage="decline", state="declining")
    return Lifecycle(stage="stable", state=None)


def acts(measured: Measured, rule: Thresholds) -> bool:
    """Whether the customer came back as regularly as before."""
    gap = measured.mean_gap_days
    return gap is not None and measured.recency_days is not None and measured.recency_days <= rule.act_gaps * gap


def stability(measured: Measured, rule: Thresholds) -> Stability:
    if measured.tenure_days is None:
        return "potential"
    if measured.tenure_days <= rule.new_days:
        return "new"
    settled = measured.tenure_days >= rule.loyal_days and measured.purchase_days >= rule.loyal_purchase_days
    return "loyal" if settled and acts(measured, rule) else "regular"
