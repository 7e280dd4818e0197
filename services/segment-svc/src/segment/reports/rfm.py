"""Recency, frequency, monetary: the cells, and their map of recency by frequency."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from pydantic import BaseModel

from crmkit.data import db
from segment.reports import drawing, svg
from segment.reports.report import Definition, Report


class RfmRow(BaseModel):
    """bands: how many of them the model has; the best is the highest."""

    cell: str
    recency: int
    frequency: int
    monetary: int
    bands: int
    customer_count: int
    revenue_amount: int


def rows(counted: Sequence[db.Row]) -> list[RfmRow]:
    """The cells as they were counted."""
    return [RfmRow.model_validate(row, from_attributes=True) for row in counted]


def chart(report: Report[RfmRow]) -> str:
    """Recency by frequency: how many customers, and how much of the revenue is theirs."""
    counts: dict[tuple[int, int], int] = defaultdict(int)
    revenue: dict[tuple[int, int], int] = defaultdict(int)
    for row in report.rows:
        counts[row.recency, row.frequency] += row.customer_count
        revenue[row.recency, row.frequency] += row.revenue_amount
    bands = max((row.bands for row in report.rows), default=1)
    shapes = [*_grid(counts, revenue, bands, report.currency), *_legend()]
    return drawing.document(report, "Recency, frequency, monetary", 560, shapes)


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
            shown = f"{counts[cell]:,}", drawing.amount(revenue[cell], currency)
            yield from _cell(x, y, width - 4, height - 4, part, shown)
    for frequency in range(1, bands + 1):
        x = left + (frequency - 0.5) * width - 2
        yield svg.label(x, top + 400, f"F{frequency}", weight=600, anchor="middle")


def _legend() -> Iterator[str]:
    yield svg.label(32, 116, "last order", size=12, fill=svg.MUTED)
    yield svg.label(32, 132, "recent", size=12, fill=svg.MUTED)
    yield svg.label(32, 468, "long ago", size=12, fill=svg.MUTED)
    yield svg.label(150, 520, "few orders", size=12, fill=svg.MUTED)
    yield svg.label(824, 520, "many orders", size=12, fill=svg.MUTED, anchor="end")
    told = "customers, and their revenue; darker: more revenue"
    yield svg.label(487, 520, told, size=12, fill=svg.MUTED, anchor="middle")


def _cell(x: float, y: float, width: float, height: float, part: float, told: tuple[str, str]) -> Iterator[str]:
    middle, fill, ink = x + width / 2, *drawing.shade(part)
    yield svg.box(x, y, width, height, fill=fill, radius=6)
    yield svg.label(middle, y + height / 2, told[0], size=18, weight=650, fill=ink, anchor="middle")
    yield svg.label(middle, y + height / 2 + 18, told[1], size=11.5, fill=ink, anchor="middle")


RFM: Final = Definition("rfm", RfmRow, rows, chart)
