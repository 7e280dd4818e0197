"""What an offer covers, how deep it goes for whom, and which of several is the best."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import UUID

import msgspec

from campaign.offers.reasons import Reason
from campaign.projections.rules import Goods

WHOLE: Final = 10_000  # 100 % in basis points

PERCENT: Final = WHOLE // 100


class OfferKind(StrEnum):
    PERCENTAGE = "percentage"
    AMOUNT = "amount"
    FIXED_PRICE = "fixed_price"


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
        return closed(self.starts_at, self.ends_at, at) is None

    def depth(self, value: int) -> Fraction | None:
        """The discount as a share of the regular price; None where that price is not known."""
        if self.kind is OfferKind.PERCENTAGE:
            return Fraction(value, WHOLE)
        if not self.regular_amount:
            return None
        saved = value if self.kind is OfferKind.AMOUNT else self.regular_amount - value
        return Fraction(max(0, min(saved, self.regular_amount)), self.regular_amount)


class Choice(msgspec.Struct, frozen=True):
    """An offer picked for one customer, with the value they get and goods that it covers: their own where it can."""

    terms: Terms
    value: int
    goods: Goods


class OfferBook:
    """Offers arranged so that a product type finds the few that reach it without asking all of them.

    An offer reaches a product type when it covers any of the type's products, so that a vendor's offer finds those who
    buy the rival's. assortment: what the shop sells, at least one of all that offers can tell apart; where an offer
    covers several of a type, the one that comes first stands for them.
    """

    def __init__(self, offers: Iterable[Terms], assortment: Iterable[Goods]) -> None:
        self._by_key: dict[tuple[str, object], list[Terms]] = defaultdict(list)
        for terms in offers:
            for key in _keys_of_target(terms.target):
                self._by_key[key].append(terms)
        self._reaching: dict[str, dict[UUID, tuple[Terms, Goods]]] = defaultdict(dict)
        for goods in assortment:
            if goods.product_type is not None:
                for terms in self._covering(goods):
                    self._reaching[goods.product_type].setdefault(terms.offer_id, (terms, goods))

    def best(self, product_type: str | None, own: Goods, loyalty: BrandLoyalty | None, at: datetime) -> Choice | None:
        """The best offer that a customer qualifies for where a product type is due and they are used to `own` of it.

        They qualify for every offer that is open and reaches the type or covers their own product, each at the value
        that its ladder has for their brand group and usage. The best is the deepest, as a share of the regular price,
        so that who is loyal to one brand may get the rival's offer and never less than their own brand's. Of equally
        deep ones it is one that covers their own product, then the narrowest, then the oldest. An offer whose depth
        is not known comes behind all others.
        """
        reached = {} if product_type is None else self._reaching.get(product_type, {})
        found = reached | {terms.offer_id: (terms, own) for terms in self._covering(own)}
        qualifying = ((terms, goods) for terms, goods in found.values() if terms.is_open(at))
        choices = [Choice(terms, terms.value_for(loyalty), goods) for terms, goods in qualifying]
        return min(choices, key=lambda choice: _demerit(choice, own), default=None)

    def _covering(self, goods: Goods) -> Iterator[Terms]:
        candidates = (terms for key in _keys_of_goods(goods) for terms in self._by_key.get(key, ()))
        return (terms for terms in candidates if terms.target.covers(goods))


def _demerit(choice: Choice, own: Goods) -> tuple[Fraction, bool, int, UUID]:
    terms = choice.terms
    depth = terms.depth(choice.value)
    # An unknown depth sorts behind every known one, which is never negative.
    return Fraction(1) if depth is None else -depth, choice.goods is not own, -terms.target.precision, terms.offer_id


def closed(starts_at: datetime | None, ends_at: datetime | None, at: datetime) -> Reason | None:
    """Why an offer does not apply at an instant, whatever is bought and by whom."""
    if starts_at is not None and at < starts_at:
        return Reason.OFFER_NOT_STARTED
    return Reason.OFFER_ENDED if ends_at is not None and at >= ends_at else None


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
