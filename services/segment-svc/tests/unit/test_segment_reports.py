from datetime import UTC, date, datetime
from uuid import UUID
from xml.etree import ElementTree

import pytest

from segment.reports import charts, rules, svg
from segment.reports.rules import TierTotal, Total
from segment.reports.schemas import BrandLoyaltyRow, Report

EVERY = Total(customer_count=1000, revenue_amount=100_000, margin_amount=None, loyal_count=500)


def test_a_small_rich_loyal_tier_earns_a_partnership() -> None:
    best = TierTotal("platinum", 50, 20_000, None, 45)
    assert rules.relationship(best, EVERY) == "partnership"


def test_a_large_poor_tier_stays_basic() -> None:
    assert rules.relationship(TierTotal("lead", 400, 8_000, None, 40), EVERY) == "basic"


def test_margin_decides_where_it_is_known() -> None:
    every = Total(1000, 100_000, 30_000, 1000)
    thin = TierTotal("gold", 150, 20_000, 2_000, 0)
    assert rules.relationship(thin, every) == "basic"
    assert rules.relationship(TierTotal("gold", 150, 20_000, 8_000, 0), every) == "reactive"


@pytest.mark.parametrize(
    ("value", "currency", "told"),
    [(123, "USD", "1 USD"), (1_234_500, "USD", "12.3k USD"), (7_000_000, "JPY", "7.0M JPY"), (None, "USD", "–")],
)
def test_amounts_are_told_shortly(value: int | None, currency: str, told: str) -> None:
    assert charts.amount(value, currency) == told


def test_text_from_outside_cannot_leave_its_place_in_a_picture() -> None:
    row = BrandLoyaltyRow(
        product_category='</text><script>alert("x")</script>',
        group="store",
        usage="low",
        customer_count=3,
        customer_share=1.0,
        unit_count=5,
    )
    report = Report(
        report="brand-loyalty",
        run_id=UUID(int=1),
        as_of=date(2026, 1, 1),
        computed_at=datetime(2026, 1, 1, tzinfo=UTC),
        model_version="default-1",
        currency="USD",
        rows=[row],
    )
    tree = ElementTree.fromstring(charts.brand_loyalty(report))
    assert not [element for element in tree.iter() if element.tag.endswith("script")]


def test_colours_mix_from_end_to_end() -> None:
    assert [svg.mix("#000000", "#ff8040", part) for part in (-1, 0, 0.5, 1, 2)] == [
        "#000000", "#000000", "#804020", "#ff8040", "#ff8040",
    ]  # fmt: skip
