"""Did it work? Two groups compared without assuming that they vary alike."""

import math
from dataclasses import dataclass
from typing import Final

CONFIDENCE: Final = 0.95
SMALLEST_GROUP: Final = 10


@dataclass(frozen=True, slots=True)
class Sample:
    """A group's spend per customer, in minor units: customers, mean, and unbiased variance (0 for one customer)."""

    count: int
    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Treated minus control, with the interval that holds the true difference in 95 of 100 experiments."""

    estimate: float
    low: float
    high: float


def welch(treated: Sample, control: Sample) -> Difference | None:
    """The difference of means with its confidence interval (Welch 1947); None when a group has under two customers."""
    if treated.count < 2 or control.count < 2:
        return None
    estimate = treated.mean - control.mean
    errors = treated.variance / treated.count, control.variance / control.count
    if sum(errors) == 0:
        return Difference(estimate, estimate, estimate)
    from scipy.special import stdtrit  # half of what a start would take, for one endpoint

    # The degrees of freedom are Satterthwaite's.
    freedom = sum(errors) ** 2 / (errors[0] ** 2 / (treated.count - 1) + errors[1] ** 2 / (control.count - 1))
    margin = float(stdtrit(freedom, (1 + CONFIDENCE) / 2)) * math.sqrt(sum(errors))
    return Difference(estimate, estimate - margin, estimate + margin)


def may_show(customers: int) -> bool:
    """A group under ten could be told apart by name; a sponsor does not see it."""
    return customers >= SMALLEST_GROUP
