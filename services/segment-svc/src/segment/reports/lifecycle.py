"""Lifecycle: where customers stand in their life with the business, and what they spend now and spent before."""

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from crmkit.data import db
from segment.reports import drawing, svg
from segment.reports.report import Definition, Report, share, total
from segment.scores.schemas import Stage, State

STAGES: Final = (
    ("prospect", None),
    ("exploration", "new"),
    ("exploration", "reactivated"),
    ("formation", "growing"),
    ("stable", None),
    ("decline", "declining"),
    ("decline", "lapsed"),
    ("decline", "lost"),
)
_COLOUR: Final = {
    "prospect": "#c3cad2",
    "exploration": "#5b8fd6",
    "formation": "#2f9d78",
    "stable": "#86b45a",
    "decline": "#d0704f",
}


class LifecycleRow(BaseModel):
    """spend_w0_amount, spend_w1_amount: of the last window and the one before."""

    stage: Stage
    state: State | None
    customer_count: int
    customer_share: float | None
    spend_w0_amount: int
    spend_w1_amount: int


def rows(counted: Sequence[db.Row]) -> list[LifecycleRow]:
    """The stages in the order of a life."""
    customers = total(counted, "customer_count")
    return [
        LifecycleRow(**row._asdict(), customer_share=share(row.customer_count, customers))
        for row in sorted(counted, key=lambda row: STAGES.index((row.stage, row.state)))
    ]


def chart(report: Report[LifecycleRow]) -> str:
    """How many customers are in each stage, and what they spent in the last window and the one before."""
    shapes: list[str] = []
    for place, row in enumerate(report.rows):
        top = 100 + place * 46
        name = f"{row.stage} · {row.state}" if row.state else row.stage
        told = f"{row.customer_count:,}  ({drawing.percent(row.customer_share)})"
        before, now = (drawing.amount(spent, report.currency) for spent in (row.spend_w1_amount, row.spend_w0_amount))
        shapes += [
            svg.label(212, top + 20, name, size=13.5, weight=600, anchor="end"),
            *drawing.bar(228, top + 4, row.customer_share, _COLOUR[row.stage], told, height=24),
            svg.label(828, top + 20, f"spent {before} → {now}", size=12, fill=svg.MUTED, anchor="end"),
        ]
    return drawing.document(report, "Lifecycle", 130 + 46 * len(report.rows), shapes)


LIFECYCLE: Final = Definition("lifecycle", LifecycleRow, rows, chart)
