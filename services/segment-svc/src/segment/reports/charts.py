"""A picture for each report."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from segment.reports import rules, svg
from segment.reports.schemas import AbcRow, BrandLoyaltyRow, LifecycleRow, PyramidRow, Report, RfmRow, SvcdRow
from segment.scoring_runs.rules import minor_unit

WIDTH: Final = 860
CATEGORIES: Final = 16
BAR: Final = 270
NINE_LEFT: Final = 250
NINE_WIDTH: Final = 62
DARK: Final = 0.5

_TIER: Final = {
    "platinum": "#4a5a78",
    "gold": "#c9982c",
    "silver": "#93a1b0",
    "bronze": "#b0703c",
    "lead": "#c9ced4",
}
_CUSTOMERS: Final = "#9fb3c8"
_MONEY: Final = "#2f7d6b"
_COLD: Final = "#f2f6f5"
_WARM: Final = "#17604f"
_ABC: Final = {"A": "#17604f", "B": "#4f9a84", "C": "#9aa5b1"}
_STAGE: Final = {
    "prospect": "#c3cad2",
    "exploration": "#5b8fd6",
    "formation": "#2f9d78",
    "stable": "#86b45a",
    "decline": "#d0704f",
}
_SVCD: Final = {"star": "#c9982c", "volcano": "#c75b3f", "cow": "#2f9d78", "dog": "#8794a3"}


def pyramid(report: Report[PyramidRow]) -> str:
    """The tiers as layers, and beside each what share of the customers and of the revenue it is."""
    shapes = [
        *_key(384, 104, _CUSTOMERS, "share of customers"),
        *_key(530, 104, _MONEY, "share of revenue"),
    ]
    for place, row in enumerate(report.rows):
        shapes += _layer(place, row, report.currency)
    return _document(report, "Customer pyramid", 500, shapes)


def _layer(place: int, row: PyramidRow, currency: str) -> Iterator[str]:
    top, height, middle, half = 120 + place * 72, 66, 190, 150
    above, below = (half * (place + edge) / 5 for edge in (0.0, 0.92))
    yield svg.polygon(
        [(middle - above, top), (middle + above, top), (middle + below, top + height), (middle - below, top + height)],
        fill=_TIER[row.tier],
    )
    yield svg.label(384, top + 16, row.tier, size=14, weight=650)
    yield svg.label(828, top + 16, f"{row.strategy} · {row.relationship}", size=12, fill=svg.MUTED, anchor="end")
    told = f"{percent(row.customer_share)}  ({row.customer_count:,} customers)"
    yield from _bar(384, top + 24, row.customer_share, _CUSTOMERS, told)
    money = f"{percent(row.revenue_share)}  ({amount(row.revenue_amount, currency)})"
    yield from _bar(384, top + 44, row.revenue_share, _MONEY, money)


def rfm(report: Report[RfmRow]) -> str:
    """Recency by frequency: how many customers, and how much of the revenue is theirs."""
    counts: dict[tuple[int, int], int] = defaultdict(int)
    revenue: dict[tuple[int, int], int] = defaultdict(int)
    for row in report.rows:
        counts[row.recency, row.frequency] += row.customer_count
        revenue[row.recency, row.frequency] += row.revenue_amount
    bands = max([5, *(max(row.recency, row.frequency) for row in report.rows)])
    return _document(report, "Recency, frequency, monetary", 560, _grid(counts, revenue, bands, report.currency))


def _grid(
    counts: dict[tuple[int, int], int], revenue: dict[tuple[int, int], int], bands: int, currency: str
) -> Iterator[str]:
    left, top, width, height = 150.0, 96.0, 678.0 / bands, 380.0 / bands
    most = max(revenue.values(), default=0) or 1
    for recency in range(1, bands + 1):
        y = top + (bands - recency) * height
        yield svg.label(left - 14, y + height / 2 + 4, f"R{recency}", weight=600, anchor="end")
        for frequency in range(1, bands + 1):
            cell, x = (recency, frequency), left + (frequency - 1) * width
            part = max(revenue[cell] / most, 0) ** 0.5
            shown = f"{counts[cell]:,}", amount(revenue[cell], currency)
            yield from _cell(x, y, width - 4, height - 4, part, shown)
    for frequency in range(1, bands + 1):
        x = left + (frequency - 0.5) * width - 2
        yield svg.label(x, top + 400, f"F{frequency}", weight=600, anchor="middle")
    yield svg.label(32, 116, "last order", size=12, fill=svg.MUTED)
    yield svg.label(32, 132, "recent", size=12, fill=svg.MUTED)
    yield svg.label(32, 468, "long ago", size=12, fill=svg.MUTED)
    yield svg.label(left, top + 424, "few orders", size=12, fill=svg.MUTED)
    yield svg.label(824, top + 424, "many orders", size=12, fill=svg.MUTED, anchor="end")
    told = "customers, and their revenue; darker: more revenue"
    yield svg.label(487, top + 424, told, size=12, fill=svg.MUTED, anchor="middle")


def _cell(x: float, y: float, width: float, height: float, part: float, told: tuple[str, str]) -> Iterator[str]:
    ink = svg.PAPER if part > DARK else svg.INK
    middle = x + width / 2
    yield svg.box(x, y, width, height, fill=svg.mix(_COLD, _WARM, part), radius=6)
    yield svg.label(middle, y + height / 2, told[0], size=18, weight=650, fill=ink, anchor="middle")
    yield svg.label(middle, y + height / 2 + 18, told[1], size=11.5, fill=ink, anchor="middle")


def abc(report: Report[AbcRow]) -> str:
    """The classes with their shares and how often to be in touch."""
    shapes = _shares_key()
    for place, row in enumerate(report.rows):
        shapes += _class(place, _Class(row, row.abc, _ABC[row.abc], f"contact {row.contact}"), report.currency)
    return _document(report, "ABC: whose revenue it is", 130 + 84 * len(report.rows), shapes)


def svcd(report: Report[SvcdRow]) -> str:
    """Stars, volcanoes, cows and dogs with their shares and how often to be in touch."""
    shapes = _shares_key()
    for place, row in enumerate(report.rows):
        told = f"{amount(row.order_amount, report.currency, cents=True)} an order · contact {row.contact}"
        shapes += _class(place, _Class(row, row.svcd, _SVCD[row.svcd], told), report.currency)
    return _document(report, "Stars, volcanoes, cows and dogs", 130 + 84 * len(report.rows), shapes)


@dataclass(frozen=True, slots=True)
class _Class:
    row: AbcRow | SvcdRow
    name: str
    colour: str
    told: str


def _class(place: int, drawn: _Class, currency: str) -> Iterator[str]:
    top, row = 126 + place * 84, drawn.row
    yield svg.box(32, top, 116, 62, fill=drawn.colour, radius=8)
    yield svg.label(90, top + 38, drawn.name, size=18, weight=650, fill=svg.PAPER, anchor="middle")
    yield svg.label(828, top + 36, drawn.told, size=12, fill=svg.MUTED, anchor="end")
    told = f"{percent(row.customer_share)}  ({row.customer_count:,} customers)"
    yield from _bar(172, top + 11, row.customer_share, _CUSTOMERS, told)
    money = f"{percent(row.revenue_share)}  ({amount(row.revenue_amount, currency)})"
    yield from _bar(172, top + 34, row.revenue_share, _MONEY, money)


def lifecycle(report: Report[LifecycleRow]) -> str:
    """How many customers are in each stage, and what they spent in the last window and the one before."""
    shapes = []
    for place, row in enumerate(report.rows):
        top = 100 + place * 46
        name = f"{row.stage} · {row.state}" if row.state else row.stage
        told = f"{row.customer_count:,}  ({percent(row.customer_share)})"
        spent = amount(row.spend_w1_amount, report.currency), amount(row.spend_w0_amount, report.currency)
        shapes += [
            svg.label(212, top + 20, name, size=13.5, weight=600, anchor="end"),
            *_bar(228, top + 4, row.customer_share, _STAGE[row.stage], told, height=24),
            svg.label(828, top + 20, f"spent {spent[0]} → {spent[1]}", size=12, fill=svg.MUTED, anchor="end"),
        ]
    return _document(report, "Lifecycle", 130 + 46 * len(report.rows), shapes)


def brand_loyalty(report: Report[BrandLoyaltyRow]) -> str:
    """The nine groups of the categories with most customers; darker: more of the category's customers."""
    categories: dict[str, dict[tuple[str, str], BrandLoyaltyRow]] = defaultdict(dict)
    for row in report.rows:
        categories[row.product_category][row.group, row.usage] = row
    shown = list(categories.items())[:CATEGORIES]
    shapes = [*_nine_headings()]
    for place, (category, groups) in enumerate(shown):
        shapes += _nine(140 + place * 32, category, groups)
    title = "Brand loyalty and usage by category"
    return _document(report, title, 160 + 32 * len(shown), shapes)


def _nine_headings() -> Iterator[str]:
    for number, (group, usage) in enumerate(product(rules.GROUPS, rules.USAGES)):
        x = NINE_LEFT + number * NINE_WIDTH + (number // 3) * 8
        yield svg.label(x + NINE_WIDTH / 2, 128, usage, size=11.5, fill=svg.MUTED, anchor="middle")
        if usage == "mid":
            name = {"store": "store's own brand", "national": "national brands"}.get(group, group)
            yield svg.label(x + NINE_WIDTH / 2, 108, name, weight=600, anchor="middle")


def _nine(top: float, category: str, groups: dict[tuple[str, str], BrandLoyaltyRow]) -> Iterator[str]:
    yield svg.label(NINE_LEFT - 14, top + 19, category.capitalize(), size=12, anchor="end")
    for number, group in enumerate(product(rules.GROUPS, rules.USAGES)):
        row = groups.get(group)
        part = min((row.customer_share or 0) / 0.4, 1) if row else 0.0
        x = NINE_LEFT + number * NINE_WIDTH + (number // 3) * 8
        yield svg.box(x, top, NINE_WIDTH - 3, 28, fill=svg.mix(_COLD, _WARM, part), radius=4)
        count = f"{row.customer_count:,}" if row else "0"
        ink = svg.PAPER if part > DARK else svg.INK
        yield svg.label(x + NINE_WIDTH / 2 - 1.5, top + 19, count, size=12, fill=ink, anchor="middle")


def percent(part: float | None) -> str:
    return "–" if part is None else f"{part * 100:.1f} %"


def amount(value: int | None, currency: str, *, cents: bool = False) -> str:
    """Minor units as people write them; without `cents`, thousands and millions are shortened."""
    if value is None:
        return "–"
    unit = minor_unit(currency)
    money = value * unit
    if cents:
        return f"{money:,} {currency}"
    for size, name in ((1_000_000, "M"), (1_000, "k")):
        if abs(money) >= size:
            return f"{money / size:.1f}{name} {currency}"
    return f"{money:.0f} {currency}"


def _shares_key() -> list[str]:
    return [*_key(172, 104, _CUSTOMERS, "share of customers"), *_key(318, 104, _MONEY, "share of revenue")]


def _key(x: float, y: float, colour: str, told: str) -> list[str]:
    return [svg.box(x, y - 9, 10, 10, fill=colour, radius=2), svg.label(x + 16, y, told, size=12, fill=svg.MUTED)]


def _bar(x: float, top: float, part: float | None, colour: str, told: str, *, height: float = 17) -> Iterator[str]:
    width = max((part or 0) * BAR, 1.5)
    yield svg.box(x, top, width, height, fill=colour, radius=3)
    yield svg.label(x + width + 8, top + height / 2 + 4, told, size=12)


def _document(report: Report[Any], title: str, height: float, shapes: Iterable[str]) -> str:
    subtitle = f"as of {report.as_of} · model {report.model_version}"
    return svg.document(WIDTH, height, title, subtitle, shapes)


CHARTS: Final[dict[str, Callable[[Any], str]]] = {
    "pyramid": pyramid,
    "rfm": rfm,
    "abc": abc,
    "svcd": svcd,
    "lifecycle": lifecycle,
    "brand_loyalty": brand_loyalty,
}
