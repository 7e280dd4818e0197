"""Which lines a list has, and with what."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from campaign.offers.rules import BrandLoyalty, Choice, Goods, OfferBook


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
    """A line before it has a coupon."""

    purchase: NextPurchase
    product_name: str | None
    choice: Choice | None


Catalogue = Mapping[UUID, tuple[Goods, str | None]]


def plan_lines(
    purchases: Sequence[NextPurchase], book: OfferBook, catalogue: Catalogue, *, length: int, at: datetime
) -> list[PlannedLine]:
    """The first `length` by rank, each with the best offer that this customer qualifies for."""
    first = sorted(purchases, key=lambda purchase: purchase.rank)[:length]
    return [_planned(purchase, book, catalogue, at) for purchase in first]


def _planned(purchase: NextPurchase, book: OfferBook, catalogue: Catalogue, at: datetime) -> PlannedLine:
    product_id = purchase.typical_product.id if purchase.typical_product else None
    unknown = Goods(product_id, purchase.product_type, purchase.product_category), None
    goods, name = catalogue.get(product_id, unknown) if product_id else unknown
    return PlannedLine(purchase, name, book.best(goods, purchase.brand_loyalty, at))
