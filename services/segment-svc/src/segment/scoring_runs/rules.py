"""What a run does in which order, and what it can be asked for."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from crmkit.data.days import day_of

# Slices scored at once, each by a connection of its own: one keeps one core of the database busy.
LANES: Final = 2


class Slice(msgspec.Struct, frozen=True):
    """Customers whose ids are from `customers_from` up to `customers_to`, which is None for the last."""

    customers_from: str
    customers_to: str | None
    customer_count: int


class Plan(msgspec.Struct, frozen=True):
    """A run's checkpoint: its slices, and how many steps are done: each slice, the population, the end."""

    slices: list[Slice]
    done: int = 0

    @property
    def total(self) -> int:
        return sum(each.customer_count for each in self.slices)

    @property
    def present(self) -> list[Slice]:
        """The slices to do now, one a lane; none once all are done."""
        return self.slices[self.done : self.done + LANES]

    def advanced(self, steps: int = 1) -> "Plan":
        return Plan(self.slices, self.done + steps)


def tomorrow(now: datetime, zone: ZoneInfo) -> date:
    """The first day whose midnight is still to come, so that all of today counts."""
    return day_of(now, zone) + timedelta(days=1)
