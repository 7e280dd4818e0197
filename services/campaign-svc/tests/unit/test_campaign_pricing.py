from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.checkouts import rules
from campaign.checkouts.rules import Line
from campaign.coupons.rules import Candidate
from campaign.offers.reasons import Reason
from campaign.offers.rules import OfferKind, Target
from campaign.projections.rules import Goods

SPRING = UUID(int=1)


def line(number: int, amount: int, product_type: str = "milk", quantity: str = "1") -> Line:
    return Line(number, Goods(product_type=product_type), Decimal(quantity), amount)


def coupon(code: str, kind: OfferKind, value: int, product_type: str | None = "milk", **terms: object) -> Candidate:
    number = int.from_bytes(code.encode())
    target = Target(product_type=product_type)
    return Candidate(UUID(int=number), code, UUID(int=number), kind, value, target, **terms)  # type: ignore[arg-type]


def test_a_percentage_is_taken_off_every_line_it_covers() -> None:
    coupons = [coupon("A", OfferKind.PERCENTAGE, 2_000)]
    pricing = rules.price([line(1, 398), line(2, 125), line(3, 500, "bread")], coupons, {})
    assert [(s.number, s.amount) for s in pricing.applied[0].shares] == [(1, 80), (2, 25)]
    assert pricing.discount_amount == 105


def test_an_amount_is_split_by_largest_remainder() -> None:
    pricing = rules.price([line(1, 100), line(2, 100), line(3, 100)], [coupon("A", OfferKind.AMOUNT, 100)], {})
    assert [s.amount for s in pricing.applied[0].shares] == [34, 33, 33]


def test_an_amount_never_exceeds_what_it_covers() -> None:
    pricing = rules.price([line(1, 60), line(2, 900, "bread")], [coupon("A", OfferKind.AMOUNT, 100)], {})
    assert pricing.discount_amount == 60


def test_a_fixed_price_is_per_unit() -> None:
    pricing = rules.price([line(1, 598, quantity="2")], [coupon("A", OfferKind.FIXED_PRICE, 199)], {})
    assert pricing.discount_amount == 200


def test_a_fixed_price_above_the_shelf_price_takes_nothing_off() -> None:
    pricing = rules.price([line(1, 150)], [coupon("A", OfferKind.FIXED_PRICE, 199)], {})
    assert [refused.reason for refused in pricing.refused] == [Reason.NO_DISCOUNT]


def test_a_line_goes_to_the_better_coupon() -> None:
    coupons = [coupon("A", OfferKind.PERCENTAGE, 1_000), coupon("B", OfferKind.PERCENTAGE, 3_000)]
    pricing = rules.price([line(1, 1_000)], coupons, {})
    assert [a.candidate.code for a in pricing.applied] == ["B"]
    assert [(r.candidate.code, r.reason) for r in pricing.refused] == [("A", Reason.BETTER_OFFER_APPLIED)]


def test_minimums_look_at_all_lines_the_coupon_covers() -> None:
    demanding = coupon("A", OfferKind.PERCENTAGE, 1_000, minimum_quantity=Decimal(3), minimum_spend_amount=500)
    small = rules.price([line(1, 600, quantity="2")], [demanding], {})
    large = rules.price([line(1, 400, quantity="2"), line(2, 100)], [demanding], {})
    assert [refused.reason for refused in small.refused] == [Reason.MINIMUM_NOT_REACHED]
    assert large.discount_amount == 50


def test_a_spent_budget_refuses_the_coupon_and_frees_its_line() -> None:
    rich = coupon("A", OfferKind.PERCENTAGE, 5_000, campaign_id=SPRING)
    plain = coupon("B", OfferKind.PERCENTAGE, 1_000)
    pricing = rules.price([line(1, 1_000)], [rich, plain], {SPRING: 499})
    assert [(r.candidate.code, r.reason) for r in pricing.refused] == [("A", Reason.BUDGET_EXHAUSTED)]
    assert [(a.candidate.code, a.amount) for a in pricing.applied] == [("B", 100)]


@pytest.mark.parametrize(("share", "expected"), [("0", 0), ("0.5", 53), ("0.3333", 35), ("1", 105)])
def test_sponsor_and_store_share_the_discount_in_whole_units(share: str, expected: int) -> None:
    funded = coupon("A", OfferKind.AMOUNT, 105, sponsor_share=Decimal(share))
    (applied,) = rules.price([line(1, 1_000)], [funded], {}).applied
    assert (applied.amount, applied.sponsor_amount) == (105, expected)


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=40), st.integers(1, 10**4))
def test_parts_sum_up_rounded_once_and_each_is_a_neighbour(numerators: list[int], denominator: int) -> None:
    parts = rules.apportion(numerators, denominator)
    exact = Fraction(sum(numerators), denominator)
    assert abs(sum(parts) - exact) <= Fraction(1, 2)
    for part, numerator in zip(parts, numerators, strict=True):
        assert Fraction(numerator, denominator) - 1 < part < Fraction(numerator, denominator) + 1


@pytest.mark.parametrize(
    ("amounts", "percent", "expected"),
    [((355, 266), 10, [35, 27]), ((3, 3, 3), 15, [1]), ((5,), 10, [1]), ((1, 1, 1), 10, [])],
)
def test_a_discount_is_that_of_the_whole_rounded_once(
    amounts: tuple[int, ...], percent: int, expected: list[int]
) -> None:
    basket = [line(number, amount) for number, amount in enumerate(amounts, 1)]
    pricing = rules.price(basket, [coupon("A", OfferKind.PERCENTAGE, percent * 100)], {})
    assert [share.amount for applied in pricing.applied for share in applied.shares] == expected
    assert [refused.reason for refused in pricing.refused] == ([] if expected else [Reason.NO_DISCOUNT])


def test_a_limit_serves_the_largest_discounts_first() -> None:
    batch = UUID(int=9)
    small = coupon("A", OfferKind.AMOUNT, 1, limits=(batch,))
    large = coupon("B", OfferKind.AMOUNT, 2, "bread", limits=(batch,))
    pricing = rules.price([line(1, 100), line(2, 100, "bread")], [small, large], {batch: 1})
    assert [applied.candidate.code for applied in pricing.applied] == ["B"]
    assert [(r.candidate.code, r.reason) for r in pricing.refused] == [("A", Reason.LIMIT_REACHED)]
    assert pricing.uses == {batch: 1}


def test_coupons_take_turns_by_priority_then_kind() -> None:
    kinds = (OfferKind.AMOUNT, OfferKind.FIXED_PRICE, OfferKind.PERCENTAGE)
    coupons = [coupon(code, kind, 1, code) for code, kind in zip("ABC", kinds, strict=True)]
    coupons.append(coupon("D", OfferKind.AMOUNT, 1, "D", priority=1))
    basket = [line(number, 10_000, code) for number, code in enumerate("ABCD", 1)]
    assert [applied.candidate.code for applied in rules.price(basket, coupons, {}).applied] == ["D", "C", "B", "A"]


TYPES = st.sampled_from(["milk", "bread", "fish"])
AMOUNTS = st.integers(0, 10**6)
BASKETS = st.lists(st.tuples(TYPES, st.decimals(0, 20, places=3), AMOUNTS), min_size=1, max_size=8).map(
    lambda rows: [Line(i, Goods(product_type=t), q, a) for i, (t, q, a) in enumerate(rows, 1)]
)
COUPONS = st.lists(
    st.tuples(
        st.sampled_from(OfferKind),
        st.integers(1, 10_000),
        st.one_of(st.none(), TYPES),
        st.decimals(0, 1, places=4),
        st.sampled_from([None, SPRING, UUID(int=2)]),
    ),
    max_size=8,
).map(
    lambda rows: [
        coupon(f"C{i}", kind, value, kind_of, sponsor_share=share, campaign_id=campaign)
        for i, (kind, value, kind_of, share, campaign) in enumerate(rows)
    ]
)


@given(BASKETS, COUPONS, st.integers(0, 10**6))
def test_money_is_never_lost_or_made(basket: list[Line], coupons: list[Candidate], budget: int) -> None:
    pricing = rules.price(basket, coupons, {SPRING: budget})
    amounts = {each.number: each.amount for each in basket}
    taken: set[int] = set()
    for applied in pricing.applied:
        assert applied.amount == sum(share.amount for share in applied.shares)
        assert 0 <= applied.sponsor_amount <= applied.amount
        for share in applied.shares:
            assert 0 < share.amount <= amounts[share.number]
            assert share.number not in taken
            taken.add(share.number)
    assert pricing.discount_amount <= sum(amounts.values())
    assert pricing.spent.get(SPRING, 0) <= budget
    told = [a.candidate.code for a in pricing.applied] + [r.candidate.code for r in pricing.refused]
    assert sorted(told) == sorted(c.code for c in coupons)


@given(BASKETS, COUPONS)
def test_the_order_of_coupons_makes_no_difference(basket: list[Line], coupons: list[Candidate]) -> None:
    forwards, backwards = rules.price(basket, coupons, {}), rules.price(basket, coupons[::-1], {})
    assert forwards.applied == backwards.applied


@given(BASKETS, COUPONS)
def test_several_coupons_take_off_at_least_what_one_alone_would(basket: list[Line], coupons: list[Candidate]) -> None:
    together = rules.price(basket, coupons, {}).discount_amount
    # An amount that lost a line to another coupon is split anew: at most one unit a line is rounded away.
    assert all(rules.price(basket, [c], {}).discount_amount <= together + len(basket) for c in coupons)
