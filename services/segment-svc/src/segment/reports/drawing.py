"""What the reports' pictures share: heading, keys, bars, shares, and how figures are written."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from crmkit.data.money import minor_unit
from segment.reports import svg
from segment.reports.report import Report

WIDTH: Final = 860
BAR: Final = 270
DARK: Final = 0.5

_CUSTOMERS: Final = "#9fb3c8"
_MONEY: Final = "#2f7d6b"
_COLD: Final = "#f2f6f5"
_WARM: Final = "#17604f"


class Shares(Protocol):
    """A row with its share of the customers and of the revenue."""

    customer_count: int
    customer_share: float | None
    revenue_amount: int
    revenue_share: float | None


@dataclass(frozen=True, slots=True)
class Class:
    """A class as it is drawn; told: what is said at its right end."""

    row: Shares
    name: str
    colour: str
    told: str


def document(report: Report[Any], title: str, height: float, shapes: Iterable[str]) -> str:
    """A report's picture with its heading."""
    subtitle = f"as of {report.as_of} · model {report.model_version}"
    return svg.document(WIDTH, height, title, subtitle, shapes)


def classes(report: Report[Any], title: str, drawn: Sequence[Class]) -> str:
    """A picture of classes with their shares."""
    shapes = shares_key(172)
    for place, each in enumerate(drawn):
        top = 126 + place * 84
        shapes += [
            svg.box(32, top, 116, 62, fill=each.colour, radius=8),
            svg.label(90, top + 38, each.name, size=18, weight=650, fill=svg.PAPER, anchor="middle"),
            svg.label(828, top + 36, each.told, size=12, fill=svg.MUTED, anchor="end"),
            *share_bars(172, top + 11, 23, each.row, report.currency),
        ]
    return document(report, title, 130 + 84 * len(drawn), shapes)


def shares_key(x: float) -> list[str]:
    """What the two colours of `share_bars` mean."""
    shapes = []
    for left, colour, told in ((x, _CUSTOMERS, "share of customers"), (x + 146, _MONEY, "share of revenue")):
        shapes.append(svg.box(left, 95, 10, 10, fill=colour, radius=2))
        shapes.append(svg.label(left + 16, 104, told, size=12, fill=svg.MUTED))
    return shapes


def share_bars(x: float, top: float, below: float, row: Shares, currency: str) -> Iterator[str]:
    """A row's share of the customers, and `below` it that of the revenue."""
    told = f"{percent(row.customer_share)}  ({row.customer_count:,} customers)"
    yield from bar(x, top, row.customer_share, _CUSTOMERS, told)
    money = f"{percent(row.revenue_share)}  ({amount(row.revenue_amount, currency)})"
    yield from bar(x, top + below, row.revenue_share, _MONEY, money)


def bar(x: float, top: float, part: float | None, colour: str, told: str, *, height: float = 17) -> Iterator[str]:
    """A bar as long as `part` (0 to 1) says, and what is told at its end."""
    width = max((part or 0) * BAR, 1.5)
    yield svg.box(x, top, width, height, fill=colour, radius=3)
    yield svg.label(x + width + 8, top + height / 2 + 4, told, size=12)


def shade(part: float) -> tuple[str, str]:
    """The colour of a cell, darker for more (0 to 1), and of what is written on it."""
    return svg.mix(_COLD, _WARM, part), svg.PAPER if part > DARK else svg.INK


def percent(part: float | None) -> str:
    return "–" if part is None else f"{part * 100:.1f} %"


def amount(value: int | None, currency: str, *, cents: bool = False) -> str:
    """Minor units as people write them; without `cents`, thousands and millions are shortened."""
    if value is None:
        return "–"
    money = value * minor_unit(currency)
    if cents:
        return f"{money:,} {currency}"
    for size, name in ((1_000_000, "M"), (1_000, "k")):
        if abs(money) >= size:
            return f"{money / size:.1f}{name} {currency}"
    return f"{money:.0f} {currency}"
