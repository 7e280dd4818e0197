from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segment.scores import rules
from segment.scores.rules import History, Measured, Purchase, Refund
from segment.scoring_models.schemas import Thresholds
from segment.scoring_runs.rules import tomorrow

RULE = Thresholds()
AS_OF = date(2026, 3, 1)
NEW_YORK = ZoneInfo("America/New_York")

SETTLED = Measured(
    order_count=20,
    revenue_amount=100_00,
    recency_days=5,
    tenure_days=400,
    purchase_days=20,
    spend_w0_amount=100,
    spend_w1_amount=100,
    ordered_w1=True,
    recent_amount=0,
)


def history(*purchases: Purchase, refunds: tuple[Refund, ...] = (), external_id: str | None = None) -> History:
    return History(UUID(int=1), external_id, purchases, refunds)


def ago(days: int) -> date:
    return AS_OF - timedelta(days)


@given(st.lists(st.integers(-5, 5), min_size=1), st.integers(2, 10))
def test_equal_values_share_a_band_and_the_worst_is_in_the_first(values: list[int], k: int) -> None:
    found = dict(zip(values, rules.bands(values, k), strict=True))
    assert found[min(values)] == 1
    assert all(1 <= band <= k for band in found.values())
    assert [found[value] for value in sorted(found)] == sorted(found.values())


def test_bands_of_distinct_values_are_of_equal_size() -> None:
    assert rules.bands(list(range(10)), 5) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_as_of_itself_does_not_count() -> None:
    measured = rules.measure(history(Purchase(ago(0), 500), Purchase(ago(1), 300)), AS_OF, RULE)
    assert (measured.order_count, measured.revenue_amount, measured.recency_days) == (1, 300, 1)


def test_an_order_counts_until_the_day_it_is_cancelled() -> None:
    cancelled = history(Purchase(ago(10), 500, cancelled_on=ago(3)))
    assert rules.measure(cancelled, ago(3), RULE).order_count == 1
    assert rules.measure(cancelled, ago(2), RULE).order_count == 0


def test_a_refund_counts_on_its_own_day() -> None:
    refunded = history(Purchase(ago(100), 500), refunds=(Refund(ago(10), 200),))
    measured = rules.measure(refunded, AS_OF, RULE)
    assert (measured.revenue_amount, measured.spend_w0_amount, measured.spend_w1_amount) == (300, -200, 500)


def test_windows_are_half_open() -> None:
    edges = history(Purchase(ago(84), 1), Purchase(ago(85), 10), Purchase(ago(168), 100), Purchase(ago(169), 1000))
    measured = rules.measure(edges, AS_OF, RULE)
    assert (measured.spend_w0_amount, measured.spend_w1_amount) == (1, 110)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ("stable", None)),
        ({"recency_days": None, "tenure_days": None}, ("prospect", None)),
        ({"recency_days": 85}, ("decline", "lapsed")),
        ({"recency_days": 169, "ordered_w1": False}, ("decline", "lost")),
        ({"tenure_days": 84, "ordered_w1": False}, ("exploration", "new")),
        ({"ordered_w1": False, "spend_w1_amount": 0}, ("exploration", "reactivated")),
        ({"spend_w0_amount": 120}, ("formation", "growing")),
        ({"spend_w0_amount": 119}, ("stable", None)),
        ({"spend_w0_amount": 80}, ("decline", "declining")),
        ({"spend_w0_amount": 81}, ("stable", None)),
    ],
)
def test_lifecycle_is_the_first_stage_that_holds(change: dict[str, int], expected: tuple[str, str | None]) -> None:
    found = rules.lifecycle(replace(SETTLED, **change), RULE)
    assert (found.stage, found.state) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "loyal"),
        ({"tenure_days": None, "recency_days": None}, "potential"),
        ({"tenure_days": 30}, "new"),
        ({"tenure_days": 179}, "regular"),
        ({"purchase_days": 5}, "regular"),
        ({"recency_days": 40}, "regular"),
    ],
)
def test_stability(change: dict[str, int], expected: str) -> None:
    assert rules.stability(replace(SETTLED, **change), RULE) == expected


def test_a_loyal_customer_may_be_late_by_one_mean_gap() -> None:
    # 19 gaps over 361 days are 19 days each: 38 is twice that.
    on_time = replace(SETTLED, tenure_days=399, recency_days=38)
    assert rules.stability(on_time, RULE) == "loyal"
    assert rules.stability(replace(on_time, tenure_days=400, recency_days=39), RULE) == "regular"


def test_one_order_a_month_is_often_and_short_tenure_counts_as_a_month() -> None:
    monthly = replace(SETTLED, order_count=2, tenure_days=60, revenue_amount=200)
    assert rules.svcd(monthly, 100.0, RULE) == "star"
    assert rules.svcd(monthly, 100.5, RULE) == "cow"
    assert rules.svcd(replace(monthly, tenure_days=61), 100.0, RULE) == "volcano"
    assert rules.svcd(replace(monthly, order_count=1, tenure_days=2), 500.0, RULE) == "cow"


def test_equal_amounts_are_ordered_by_number_then_text_then_nothing() -> None:
    names = ["b", None, "10", "9", "B", "0123456789012345678"]
    everyone = [History(UUID(int=place), name) for place, name in enumerate(names)]
    assert [names[place] for place in rules.by_value(everyone, [0] * len(names))] == [
        "9", "10", "0123456789012345678", "B", "b", None,
    ]  # fmt: skip


def test_a_holds_until_three_quarters_of_the_revenue_are_ahead() -> None:
    assert rules.abc([70, 5, 20, 5], 75) == ["A", "A", "B", "B"]


def test_the_first_tier_that_holds_is_the_tier() -> None:
    found = [rules.tier(rank, 20, RULE) for rank in range(1, 21)]
    assert [found.count(name) for name in ("platinum", "gold", "silver", "bronze", "lead")] == [1, 2, 4, 5, 8]
    assert rules.tier(1, 10, RULE) == "gold"


def test_tomorrow_is_the_business_s() -> None:
    assert tomorrow(datetime(2026, 3, 8, 4, 59, tzinfo=UTC), NEW_YORK) == date(2026, 3, 8)
    assert tomorrow(datetime(2026, 3, 8, 5, 0, tzinfo=UTC), NEW_YORK) == date(2026, 3, 9)
    assert tomorrow(datetime(2026, 3, 9, 3, 59, tzinfo=UTC), NEW_YORK) == date(2026, 3, 9)
