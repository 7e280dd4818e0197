from datetime import UTC, datetime
from uuid import UUID

from campaign.offers.rules import BrandLoyalty, Goods, LadderStep, OfferBook, OfferKind, Target, Terms

NOW = datetime(2017, 12, 4, tzinfo=UTC)
YOGURT = Goods(UUID(int=9), "YOGURT", "DAIRY", "national", "69")
LADDER = (
    LadderStep("store", 3_000, "high"),
    LadderStep("store", 2_500),
    LadderStep("national", 1_000),
)


def offer(number: int, value: int, **terms: object) -> Terms:
    terms.setdefault("target", Target(product_type="YOGURT"))
    return Terms(UUID(int=number), terms.pop("kind", OfferKind.PERCENTAGE), value, **terms)  # type: ignore[arg-type]


def test_heavy_users_of_the_rival_brand_get_the_deepest_discount() -> None:
    national = offer(1, 1_500, ladder=LADDER)
    assert national.value_for(BrandLoyalty("store", "high")) == 3_000
    assert national.value_for(BrandLoyalty("store", "low")) == 2_500
    assert national.value_for(BrandLoyalty("national", "high")) == 1_000
    assert national.value_for(BrandLoyalty("switcher", "mid")) == 1_500
    assert national.value_for(None) == 1_500


def test_the_deepest_offer_wins_whatever_its_kind() -> None:
    fixed = offer(2, 100, kind=OfferKind.FIXED_PRICE, regular_amount=160)
    off = offer(3, 50, kind=OfferKind.AMOUNT, regular_amount=160)
    unknown = offer(4, 90, kind=OfferKind.AMOUNT)
    book = OfferBook([offer(1, 3_000), fixed, off, unknown])
    choice = book.best(YOGURT, None, NOW)
    assert choice is not None
    assert choice.terms is fixed


def test_of_equals_the_narrowest_wins_and_then_the_oldest() -> None:
    wide = offer(1, 2_000, target=Target(product_category="DAIRY"))
    narrow = offer(3, 2_000, target=Target(product_ids=frozenset({UUID(int=9)})))
    twin = offer(2, 2_000, target=Target(product_ids=frozenset({UUID(int=9)})))
    choice = OfferBook([wide, narrow, twin]).best(YOGURT, None, NOW)
    assert choice is not None
    assert choice.terms is twin


def test_an_offer_that_does_not_cover_or_is_not_open_is_not_picked() -> None:
    book = OfferBook(
        [
            offer(1, 5_000, target=Target(product_type="YOGURT", brand="private")),
            offer(2, 5_000, target=Target(manufacturer_id="70")),
            offer(3, 5_000, ends_at=NOW),
            offer(4, 5_000, starts_at=datetime(2018, 1, 1, tzinfo=UTC)),
            offer(5, 1_000, target=Target(brand="national")),
        ]
    )
    choice = book.best(YOGURT, None, NOW)
    assert choice is not None
    assert choice.terms.offer_id == UUID(int=5)
    assert book.best(Goods(product_type="BREAD"), None, NOW) is None
