"""Which lines a list has, and with what."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

import msgspec

from campaign.offers.rules import BrandLoyalty, Choice, OfferBook
from campaign.projections.rules import Goods


class TypicalProduct(msgspec.Struct, frozen=True):
    id: UUID


class NextPurchase(msgspec.Struct, frozen=True):
    """What a customer is due to buy, as segment-svc says it."""

    customer_id: UUID
    rank: int
    product_type: str | None = None
    product_category: str | None = None
    expected_on: date | None = None
    brand_loyalty: BrandLoyalty | None = None
    typical_product: TypicalProduct | None = None


class PlannedLine(msgspec.Struct, frozen=True):
    """A line before it has a coupon, with the product it suggests."""

    purchase: NextPurchase
    product_id: UUID | None
    product_name: str | None
    choice: Choice | None


Catalogue = Mapping[UUID, tuple[Goods, str | None]]

_UNKNOWN: Final = Goods(), None


def plan_lines(
    purchases: Sequence[NextPurchase], book: OfferBook, catalogue: Catalogue, *, length: int, at: datetime
) -> list[PlannedLine]:
    """The first `length` by rank, each with the best offer that this customer qualifies for.

    A line suggests the customer's own product of the type, unless its offer is for others of the type only: then one
    of those. catalogue: the customers' own products, and those that stand in the book for what offers cover.
    """
    first = sorted(purchases, key=lambda purchase: purchase.rank)[:length]
    return [_planned(purchase, book, catalogue, at) for purchase in first]


def _planned(purchase: NextPurchase, book: OfferBook, catalogue: Catalogue, at: datetime) -> PlannedLine:
    own = _own_goods(purchase, catalogue)
    choice = book.best(purchase.product_type, own, purchase.brand_loyalty, at)
    product_id = choice.goods.id if choice else own.id
    _, name = catalogue.get(product_id, _UNKNOWN) if product_id else _UNKNOWN
    return PlannedLine(purchase, product_id, name, choice)


def _own_goods(purchase: NextPurchase, catalogue: Catalogue) -> Goods:
    product_id = purchase.typical_product.id if purchase.typical_product else None
    if product_id is not None and product_id in catalogue:
        return catalogue[product_id][0]
    return Goods(product_id, purchase.product_type, purchase.product_category)
