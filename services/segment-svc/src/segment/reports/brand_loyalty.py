"""Brand loyalty x usage: the nine groups of each category, whose brands they buy and how much of it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final, Literal

from pydantic import BaseModel

from crmkit.data import db
from segment.reports import drawing, svg
from segment.reports.report import Definition, Report, share

GROUPS: Final = {"store": "store's own brand", "switcher": "switcher", "national": "national brands"}
USAGES: Final = ("low", "mid", "high")
CATEGORIES: Final = 16
LEFT: Final = 250
WIDTH: Final = 62


class BrandLoyaltyRow(BaseModel):
    """One of the nine groups of a category: whose brands these customers buy, and how much of the category."""

    product_category: str
    group: Literal["store", "national", "switcher"]
    usage: Literal["low", "mid", "high"]
    customer_count: int
    customer_share: float | None
    unit_count: float


Nine = dict[tuple[str, str], BrandLoyaltyRow]


def rows(counted: Sequence[db.Row]) -> list[BrandLoyaltyRow]:
    """The groups as they were counted, each with its share of the category's customers."""
    return [
        BrandLoyaltyRow(
            product_category=row.product_category,
            group=row.group,
            usage=row.usage,
            customer_count=row.customer_count,
            customer_share=share(row.customer_count, row.category_customer_count),
            unit_count=row.unit_count,
        )
        for row in counted
    ]


def chart(report: Report[BrandLoyaltyRow]) -> str:
    """The nine groups of the categories with most customers; darker: more of the category's customers."""
    categories: dict[str, Nine] = defaultdict(dict)
    for row in report.rows:
        categories[row.product_category][row.group, row.usage] = row
    shown = list(categories.items())[:CATEGORIES]
    shapes = [*_headings()]
    for place, (category, groups) in enumerate(shown):
        shapes += _nine(140 + place * 32, category, groups)
    return drawing.document(report, "Brand loyalty and usage by category", 160 + 32 * len(shown), shapes)


def _places() -> Iterator[tuple[float, str, str]]:
    """Where each of the nine stands."""
    for number, (group, usage) in enumerate(product(GROUPS, USAGES)):
        yield LEFT + number * WIDTH + (number // 3) * 8, group, usage


def _headings() -> Iterator[str]:
    for x, group, usage in _places():
        yield svg.label(x + WIDTH / 2, 128, usage, size=11.5, fill=svg.MUTED, anchor="middle")
        if usage == "mid":
            yield svg.label(x + WIDTH / 2, 108, GROUPS[group], weight=600, anchor="middle")


def _nine(top: float, category: str, groups: Nine) -> Iterator[str]:
    yield svg.label(LEFT - 14, top + 19, category.capitalize(), size=12, anchor="end")
    for x, group, usage in _places():
        row = groups.get((group, usage))
        fill, ink = drawing.shade(min((row.customer_share or 0) / 0.4, 1) if row else 0.0)
        yield svg.box(x, top, WIDTH - 3, 28, fill=fill, radius=4)
        count = f"{row.customer_count:,}" if row else "0"
        yield svg.label(x + WIDTH / 2 - 1.5, top + 19, count, size=12, fill=ink, anchor="middle")


BRAND_LOYALTY: Final = Definition("brand-loyalty", BrandLoyaltyRow, rows, chart)
