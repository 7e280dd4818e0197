"""How good a list was: what stood on it against what was bought."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Quality:
    """precision: mean share of the first ten that were bought; hit_share: households that bought at least one."""

    households: int
    precision: float
    hit_share: float


def measure(listed: Mapping[str, Sequence[str]], bought: Mapping[str, AbstractSet[str]]) -> Quality:
    """By customer: the product types listed, the best first, and those bought; who bought nothing counts as missed.

    Raises: ValueError when nothing was listed.
    """
    if not listed:
        raise ValueError("no list to measure")
    nothing: AbstractSet[str] = frozenset()
    hits = [len(set(types[:TOP]) & bought.get(customer, nothing)) for customer, types in listed.items()]
    return Quality(len(hits), sum(hits) / (TOP * len(hits)), sum(hit > 0 for hit in hits) / len(hits))
