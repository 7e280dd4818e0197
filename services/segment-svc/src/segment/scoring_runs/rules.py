"""What a run does in which order, and what it can be asked for."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

# ISO 4217: currencies whose minor unit is not a hundredth.
_WHOLE: Final = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THOUSANDTHS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


class Slice(msgspec.Struct, frozen=True):
    """Customers whose ids are from this one up to the next slice's first."""

    customers_from: str
    customer_count: int


class Plan(msgspec.Struct, frozen=True):
    """A run's checkpoint: its slices, and how many of them are done."""

    slices: list[Slice]
    done: int = 0

    @property
    def total(self) -> int:
        return sum(each.customer_count for each in self.slices)

    @property
    def present(self) -> Slice | None:
        """The slice to do now; None once all are done."""
        return self.slices[self.done] if self.done < len(self.slices) else None

    @property
    def customers_to(self) -> str | None:
        """Where the present slice ends; None for the last."""
        following = self.done + 1
        return self.slices[following].customers_from if following < len(self.slices) else None

    def advanced(self) -> "Plan":
        return Plan(self.slices, self.done + 1)


def tomorrow(now: datetime, zone: ZoneInfo) -> date:
    """The first day whose midnight is still to come, so that all of today counts."""
    return now.astimezone(zone).date() + timedelta(days=1)


def minor_unit(currency: str) -> Decimal:
    """What an amount of 1 is worth in the currency."""
    if currency in _WHOLE:
        return Decimal(1)
    return Decimal("0.001") if currency in _THOUSANDTHS else Decimal("0.01")
