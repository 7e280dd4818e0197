"""A day is a date in the business's time zone."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def day_of(instant: datetime, zone: ZoneInfo) -> date:
    """The day in `zone`; the one as written where that would lie outside the calendar, in years 1 and 9999."""
    try:
        return instant.astimezone(zone).date()
    except OverflowError:
        return instant.date()
