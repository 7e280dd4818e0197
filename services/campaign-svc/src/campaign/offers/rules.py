"""What an offer covers, how deep it goes for whom, and which of several is the best."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

import msgspec

WHOLE: Final = 10_000  # 100 % in basis points

PERCENT: Final = WHOLE // 100


class OfferKind(StrEnum):
    PERCENTAGE = "percentage"
    AMOUNT = "amount"
    FIXED_PRICE = "fixed_price"


class Goods(msgspec.Struct, frozen=True):
    """What offers look at in a product; all of it is unknown for a product that we never heard of."""

    id: UUID | None = None
    product_type: str | None = None
    product_category: str | None = None
    brand: str | None = None
    manufacturer_id: str | None = None


class Target(msgspec.Struct, frozen=True):
    """The goods an offer is for: every member that is given must hold."""

    product_ids: frozenset[UUID] | None = None
    product_type: str | None = None
    product_category: str | None = None
    brand: str | None = None
    manufacturer_id: str | None = None

    def covers(self, goods: Goods) -> bool:
        return (
            (self.product_ids is None or goods.id in self.product_ids)
            and self.product_type in (None, goods.product_type)
            and self.product_category in (None, goods.product_category)
            and self.brand in (None, goods.brand)
            and self.manufacturer_id in (None, goods.manufacturer_id)
        )

    @property
    def precision(self) -> int:
        """How narrow the target is: a product beats a type, a type beats a category."""
        ranked = (self.manufacturer_id, self.brand, self.product_category, self.product_type, self.product_ids)
        return sum(1 << place for place, member in enumerate(ranked) if member is not None)


class BrandLoyalty(msgspec.Struct, frozen=True):
    """A customer's place in a product category: group store, national or switcher; usage low, mid or high."""

    group: str
    usage: str


class LadderStep(msgspec.Struct, frozen=True):
    """The value of an offer for one brand group; without `usage`, for all of the group that no other step names."""

    group: str
    value: int
    usage: str | None = None


class Terms(msgspec.Struct, frozen=True):
    """What an offer promises. `value`: basis points of a percentage, else minor units (off, or the price)."""

    offer_id: UUID
    kind: OfferKind
    value: int
    target: Target
    ladder: tuple[LadderStep, ...] = ()
    regular_amount: int | None = None
    sponsor_id: UUID | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def value_for(self, loyalty: BrandLoyalty | None) -> int:
        """The value that this customer gets: the step of group and usage, else of the group, else the plain one."""
        if loyalty is None:
            return self.value
        steps = {(step.group, step.usage): step.value for step in self.ladder}
        return steps.get((loyalty.group, loyalty.usage), steps.get((loyalty.group, None), self.value))

    def is_open(self, at: datetime) -> bool:
        return (self.starts_at is None or self.starts_at <= at) and (self.ends_at is None or at < self.ends_at)

    def depth(self, value: int) -> Fraction | None:
        """The discount as a share of the regular price; None where that price is not known."""
        if self.kind is OfferKind.PERCENTAGE:
            return Fraction(value, WHOLE)
        if not self.regular_amount:
            return None
        saved = value if self.kind is OfferKind.AMOUNT else self.regular_amount - value
        return Fraction(max(0, min(saved, self.regular_amount)), self.regular_amount)


class Choice(msgspec.Struct, frozen=True):
    """An offer picked for one customer, with the value they get."""

    terms: Terms
    value: int


class OfferBook:
    """Offers arranged so that a product finds the few that may cover it without asking all of them."""

    def __init__(self, offers: Iterable[Terms]) -> None:
        self._by_key: dict[tuple[str, object], list[Terms]] = defaultdict(list)
        self._precision: dict[UUID, int] = {}
        for terms in offers:
            self._precision[terms.offer_id] = terms.target.precision
            for key in _keys_of_target(terms.target):
                self._by_key[key].append(terms)

    def best(self, goods: Goods, loyalty: BrandLoyalty | None, at: datetime) -> Choice | None:
        """The deepest open offer on `goods` for such a customer; of equals the narrowest, then the oldest."""
        found = (terms for key in _keys_of_goods(goods) for terms in self._by_key.get(key, ()))
        choices = [
            Choice(terms, terms.value_for(loyalty))
            for terms in found
            if terms.is_open(at) and terms.target.covers(goods)
        ]
        return min(choices, key=self._merit, default=None)

    def _merit(self, choice: Choice) -> tuple[Fraction, int, UUID]:
        depth, offer_id = choice.terms.depth(choice.value), choice.terms.offer_id
        # An unknown depth sorts behind every known one, which is never negative.
        return -depth if depth is not None else Fraction(1), -self._precision[offer_id], offer_id


def percent_of(value: int) -> Decimal:
    """A percentage's value in percent."""
    return Decimal(value) / PERCENT


def _keys_of_target(target: Target) -> list[tuple[str, object]]:
    if target.product_ids is not None:
        return [("product", product_id) for product_id in target.product_ids]
    if target.product_type is not None:
        return [("type", target.product_type)]
    if target.product_category is not None:
        return [("category", target.product_category)]
    return [("any", None)]


def _keys_of_goods(goods: Goods) -> tuple[tuple[str, object], ...]:
    return ("product", goods.id), ("type", goods.product_type), ("category", goods.product_category), ("any", None)
