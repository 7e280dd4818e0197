"""What reports add to the counts: shares, strategies, contact rhythms, relationship types (domain.md, section 3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from segment.reports.schemas import Relationship
from segment.scores.schemas import Tier

TIERS: Final = ("platinum", "gold", "silver", "bronze", "lead")
CLASSES: Final = ("A", "B", "C")
SVCD: Final = ("star", "volcano", "cow", "dog")
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
GROUPS: Final = ("store", "switcher", "national")
USAGES: Final = ("low", "mid", "high")

STRATEGY: Final = {
    "platinum": "keep, lose none",
    "gold": "upgrade, offer more that serves",
    "silver": "learn needs, prepare the upgrade",
    "bronze": "passive, cover running cost",
    "lead": "cut the cost to serve or let go",
}
ABC_CONTACT: Final = {"A": "twice a month", "B": "monthly", "C": "every two months"}
SVCD_CONTACT: Final = {"star": "weekly", "volcano": "monthly", "cow": "every two weeks", "dog": "every two months"}
RELATIONSHIPS: Final[tuple[Relationship, ...]] = ("basic", "reactive", "accountable", "proactive", "partnership")

FEW: Final = 100


@dataclass(frozen=True, slots=True)
class TierTotal:
    """A tier's sums; margin_amount is None where a cost is not known."""

    tier: Tier
    customer_count: int
    revenue_amount: int
    margin_amount: int | None
    loyal_count: int


def share(part: int | None, whole: int | None) -> float | None:
    """None where either is not known or there is nothing to share."""
    return round(part / whole, 6) if part is not None and whole else None


@dataclass(frozen=True, slots=True)
class Total:
    """The sums of all tiers."""

    customer_count: int
    revenue_amount: int
    margin_amount: int | None
    loyal_count: int


def population(tiers: Sequence[TierTotal]) -> Total:
    margins = [tier.margin_amount for tier in tiers if tier.margin_amount is not None]
    return Total(
        customer_count=sum(tier.customer_count for tier in tiers),
        revenue_amount=sum(tier.revenue_amount for tier in tiers),
        margin_amount=sum(margins) if len(margins) == len(tiers) else None,
        loyal_count=sum(tier.loyal_count for tier in tiers),
    )


def relationship(tier: TierTotal, every: Total) -> Relationship:
    """How close a relationship the tier earns: one step for each thing that speaks for it."""
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
