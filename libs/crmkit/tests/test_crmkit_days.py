"""The day of an instant, at the ends of the calendar too."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from crmkit.data.days import day_of

NEW_YORK, TOKYO = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")


@pytest.mark.parametrize(
    ("instant", "zone", "day"),
    [
        (datetime(2026, 1, 1, 3, tzinfo=UTC), NEW_YORK, date(2025, 12, 31)),
        (datetime(1, 1, 1, tzinfo=UTC), NEW_YORK, date(1, 1, 1)),
        (datetime(9999, 12, 31, 23, tzinfo=UTC), TOKYO, date(9999, 12, 31)),
    ],
)
def test_every_instant_has_a_day(instant: datetime, zone: ZoneInfo, day: date) -> None:
    assert day_of(instant, zone) == day
