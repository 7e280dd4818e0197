from datetime import UTC, datetime
from uuid import UUID

import pytest

from campaign.offers.rules import BrandLoyalty, Choice, LadderStep, OfferBook, OfferKind, Target, Terms
from campaign.projections.rules import Goods

NOW = datetime(2017, 12, 4, tzinfo=UTC)
YOGURT = Goods(UUID(int=9), "YOGURT", "DAIRY", "national", "69")
PRIVATE = Goods(UUID(int=11), "YOGURT", "DAIRY", "private", "69")
RIVAL = Goods(UUID(int=10), "YOGURT", "DAIRY", "national", "70")
OWN_BRAND = Target(product_type="YOGURT", brand="private")
STORE_LADDER = (
    LadderStep("national", 3_000, "high"),
    LadderStep("national", 2_000),
    LadderStep("switcher", 1_500),
)
LADDER = (
    LadderStep("store", 3_000, "high"),
    LadderStep("store", 2_500),
    LadderStep("national", 1_000),
)


def offer(number: int, value: int, **terms: object) -> Terms:
    terms.setdefault("target", Target(product_type="YOGURT"))
    return Terms(UUID(int=number), terms.pop("kind", OfferKind.PERCENTAGE), value, **terms)  # type: ignore[arg-type]


def best(offers: list[Terms], loyalty: BrandLoyalty | None = None, *rivals: Goods) -> Choice | None:
    """For a customer who is used to YOGURT."""
    return OfferBook(offers, [YOGURT, *rivals]).best("YOGURT", YOGURT, loyalty, NOW)


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
    choice = best([offer(1, 3_000), fixed, off, unknown])
    assert choice is not None
    assert choice.terms is fixed


def test_of_equals_the_narrowest_wins_and_then_the_oldest() -> None:
    wide = offer(1, 2_000, target=Target(product_category="DAIRY"))
    narrow = offer(3, 2_000, target=Target(product_ids=frozenset({UUID(int=9)})))
    twin = offer(2, 2_000, target=Target(product_ids=frozenset({UUID(int=9)})))
    choice = best([wide, narrow, twin])
    assert choice is not None
    assert choice.terms is twin


def test_an_offer_that_does_not_cover_or_is_not_open_is_not_picked() -> None:
    choice = best(
        [
            offer(1, 5_000, target=Target(product_type="YOGURT", brand="private")),
            offer(2, 5_000, target=Target(manufacturer_id="70")),
            offer(3, 5_000, ends_at=NOW),
            offer(4, 5_000, starts_at=datetime(2018, 1, 1, tzinfo=UTC)),
            offer(5, 1_000, target=Target(brand="national")),
        ]
    )
    assert choice is not None
    assert choice.terms.offer_id == UUID(int=5)
    assert OfferBook([offer(1, 5_000)], [YOGURT]).best("BREAD", Goods(product_type="BREAD"), None, NOW) is None


@pytest.mark.parametrize(
    ("loyalty", "value", "goods"),
    [
        (BrandLoyalty("national", "high"), 3_000, PRIVATE),
        (BrandLoyalty("national", "low"), 2_000, PRIVATE),
        (BrandLoyalty("switcher", "low"), 1_500, YOGURT),
        (BrandLoyalty("store", "high"), 3_000, YOGURT),
        (None, 1_500, YOGURT),
    ],
)
def test_the_rivals_offer_is_taken_where_it_is_deeper(loyalty: BrandLoyalty | None, value: int, goods: Goods) -> None:
    target = Target(product_type="YOGURT", manufacturer_id="69", brand="national")
    vendor, store = (
        offer(1, 1_500, target=target, ladder=LADDER),
        offer(2, 1_500, target=OWN_BRAND, ladder=STORE_LADDER),
    )
    choice = best([store, vendor], loyalty, PRIVATE)
    assert choice is not None
    assert (choice.value, choice.goods) == (value, goods)


@pytest.mark.parametrize(
    "target",
    [
        Target(product_ids=frozenset({UUID(int=10)})),
        Target(manufacturer_id="70"),
        Target(product_category="DAIRY", manufacturer_id="70"),
        Target(product_type="YOGURT", brand="national", manufacturer_id="70"),
    ],
    ids=["product", "manufacturer", "category", "type"],
)
def test_an_offer_reaches_the_buyers_of_its_rival_however_it_is_aimed(target: Target) -> None:
    choice = best([offer(1, 1_000, target=target)], None, RIVAL)
    assert choice is not None
    assert choice.goods == RIVAL
    assert best([offer(1, 1_000, target=target)]) is None, "the shop sells nothing of it"


def test_of_equally_deep_offers_the_one_on_their_own_product_wins_though_it_be_wider_and_younger() -> None:
    narrow, wide = offer(1, 2_000, target=Target(product_ids=frozenset({UUID(int=10)}))), offer(2, 2_000)
    choice = best([narrow, wide], None, RIVAL)
    assert choice is not None
    assert (choice.terms, choice.goods) == (wide, YOGURT)


def test_what_an_offer_covers_is_shown_by_the_first_of_the_assortment() -> None:
    later = Goods(UUID(int=12), "YOGURT", "DAIRY", "private", "71")
    choice = best([offer(1, 2_000, target=OWN_BRAND)], None, PRIVATE, later)
    assert choice is not None
    assert choice.goods == PRIVATE


def test_a_product_of_no_known_type_still_has_the_offers_that_cover_it() -> None:
    book = OfferBook([offer(1, 2_000, target=Target(product_ids=frozenset({UUID(int=10)})))], [])
    choice = book.best(None, RIVAL, None, NOW)
    assert choice is not None
    assert choice.goods is RIVAL
