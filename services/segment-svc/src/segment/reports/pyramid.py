"""The customer pyramid: tiers by value, with what each is worth, what to do with it and how close to be to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import BaseModel

from crmkit.data import db
from segment.reports import drawing, svg
from segment.reports.report import Definition, Report, in_order, share
from segment.scores.schemas import Tier

Relationship = Literal["basic", "reactive", "accountable", "proactive", "partnership"]

RELATIONSHIPS: Final[tuple[Relationship, ...]] = ("basic", "reactive", "accountable", "proactive", "partnership")
FEW: Final = 100
# Best first.
STRATEGY: Final = {
    "platinum": "keep, lose none",
    "gold": "upgrade, offer more that serves",
    "silver": "learn needs, prepare the upgrade",
    "bronze": "passive, cover running cost",
    "lead": "cut the cost to serve or let go",
}
_COLOUR: Final = {
    "platinum": "#4a5a78",
    "gold": "#c9982c",
    "silver": "#93a1b0",
    "bronze": "#b0703c",
    "lead": "#c9ced4",
}


class PyramidRow(BaseModel):
    """strategy: what to do with the tier; relationship: how much of one it earns."""

    tier: Tier
    customer_count: int
    customer_share: float | None
    revenue_amount: int
    revenue_share: float | None
    margin_amount: int | None
    margin_share: float | None
    strategy: str
    relationship: Relationship


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of a tier or of all; margin_amount is None where a cost is not known."""

    customer_count: int
    revenue_amount: int
    margin_amount: int | None
    loyal_count: int


def rows(counted: Sequence[db.Row]) -> list[PyramidRow]:
    """The tiers with their shares, the best first."""
    tiers: dict[Tier, Total] = {}
    for row in in_order(counted, "tier", list(STRATEGY)):
        tiers[row.tier] = Total(row.customer_count, row.revenue_amount, row.margin_amount, row.loyal_count)
    every = population(list(tiers.values()))
    return [
        PyramidRow(
            tier=name,
            customer_count=tier.customer_count,
            customer_share=share(tier.customer_count, every.customer_count),
            revenue_amount=tier.revenue_amount,
            revenue_share=share(tier.revenue_amount, every.revenue_amount),
            margin_amount=tier.margin_amount,
            margin_share=share(tier.margin_amount, every.margin_amount),
            strategy=STRATEGY[name],
            relationship=relationship(tier, every),
        )
        for name, tier in tiers.items()
    ]


def population(tiers: Sequence[Total]) -> Total:
    """The sums of all tiers."""
    margins = [tier.margin_amount for tier in tiers if tier.margin_amount is not None]
    return Total(
        customer_count=sum(tier.customer_count for tier in tiers),
        revenue_amount=sum(tier.revenue_amount for tier in tiers),
        margin_amount=sum(margins) if len(margins) == len(tiers) else None,
        loyal_count=sum(tier.loyal_count for tier in tiers),
    )


def relationship(tier: Total, every: Total) -> Relationship:
    """How close a relationship the tier earns: one step for each thing that speaks for it (domain.md, section 3)."""
    if tier.margin_amount is None or every.margin_amount is None:
        worth = _above(tier.revenue_amount, tier.customer_count, every.revenue_amount, every.customer_count)
    else:
        worth = _above(tier.margin_amount, tier.revenue_amount, every.margin_amount, every.revenue_amount)
    steps: Sequence[bool] = (
        worth,
        _above(tier.loyal_count, tier.customer_count, every.loyal_count, every.customer_count),
        tier.revenue_amount * every.customer_count >= 2 * tier.customer_count * every.revenue_amount,
        tier.customer_count < FEW,
    )
    return RELATIONSHIPS[sum(steps)]


def _above(part: int, whole: int, all_part: int, all_whole: int) -> bool:
    """Whether part / whole is above the population's, with nothing where there is nothing to divide by."""
    return whole > 0 and all_whole > 0 and part * all_whole > all_part * whole


def chart(report: Report[PyramidRow]) -> str:
    """The tiers as layers, and beside each what share of the customers and of the revenue it is."""
    shapes = drawing.shares_key(384)
    for place, row in enumerate(report.rows):
        shapes += _layer(place, row, report.currency)
    return drawing.document(report, "Customer pyramid", 500, shapes)


def _layer(place: int, row: PyramidRow, currency: str) -> Iterator[str]:
    top, height, middle, half = 120 + place * 72, 66, 190, 150
    above, below = (half * (place + edge) / 5 for edge in (0.0, 0.92))
    yield svg.polygon(
        [(middle - above, top), (middle + above, top), (middle + below, top + height), (middle - below, top + height)],
        fill=_COLOUR[row.tier],
    )
    yield svg.label(384, top + 16, row.tier, size=14, weight=650)
    yield svg.label(828, top + 16, f"{row.strategy} · {row.relationship}", size=12, fill=svg.MUTED, anchor="end")
    yield from drawing.share_bars(384, top + 24, 20, row, currency)


PYRAMID: Final = Definition("pyramid", PyramidRow, rows, chart)
