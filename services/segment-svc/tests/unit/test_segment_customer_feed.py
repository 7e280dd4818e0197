from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from segment.consumers import customer
from segment.consumers.customer import Discount, Line, Order, Reference

NEW_YORK = ZoneInfo("America/New_York")


def line(
    amount: int, *, quantity: float = 1, cost: int | None = None, tax: int | None = None, discount: int = 0
) -> Line:
    discounts = [Discount(discount)] if discount else []
    return Line(Reference("p"), quantity, amount, tax, cost, discounts)


def order(
    *lines: Line, placed_at: datetime = datetime(2026, 1, 5, tzinfo=UTC), cancelled_at: datetime | None = None
) -> Order:
    return Order("o", 1, Reference("c"), placed_at, "USD", list(lines), cancelled_at)


@pytest.mark.parametrize(
    ("placed_at", "day"),
    [
        ("2026-01-05T04:59:59Z", date(2026, 1, 4)),
        ("2026-01-05T05:00:00Z", date(2026, 1, 5)),
        ("2026-07-05T03:59:59Z", date(2026, 7, 4)),
        ("2026-07-05T04:00:00Z", date(2026, 7, 5)),
        ("2026-03-08T04:59:59Z", date(2026, 3, 7)),
        ("2026-03-09T03:59:59Z", date(2026, 3, 8)),
        ("2026-11-01T04:00:00Z", date(2026, 11, 1)),
        ("2026-11-02T04:59:59Z", date(2026, 11, 1)),
    ],
)
def test_a_day_is_a_date_in_the_business_s_time_zone(placed_at: str, day: date) -> None:
    assert customer.order_fact(order(placed_at=datetime.fromisoformat(placed_at)), NEW_YORK).day == day


def test_a_cancellation_has_its_own_day() -> None:
    cancelled = order(cancelled_at=datetime(2026, 1, 9, 4, tzinfo=UTC))
    assert customer.order_fact(cancelled, NEW_YORK).cancelled_on == date(2026, 1, 8)


def test_an_order_carries_its_lines_as_parallel_lists() -> None:
    fact = customer.order_fact(order(line(100, quantity=1.5), line(0, quantity=0), line(250, discount=10)), NEW_YORK)
    assert fact.amounts == [100, 0, 250]
    assert fact.quantity_thousandths == [1500, 0, 1000]
    assert (fact.amount, fact.deal_amount, fact.line_count) == (350, 250, 3)


def test_the_margin_is_known_where_every_cost_is() -> None:
    assert customer.margin([line(100, cost=60, tax=7), line(50, cost=20)]) == 63
    assert customer.margin([line(100, cost=60), line(50)]) is None
