from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree

import pytest

from segment.reports import brand_loyalty, drawing, rfm, svg
from segment.reports.brand_loyalty import BrandLoyaltyRow
from segment.reports.pyramid import Total, relationship
from segment.reports.report import Report
from segment.reports.rfm import RfmRow

EVERY = Total(customer_count=1000, revenue_amount=100_000, margin_amount=None, loyal_count=500)


def of(name: str, rows: list[Any]) -> Report[Any]:
    return Report(
        report=name,
        run_id=UUID(int=1),
        as_of=date(2026, 1, 1),
        computed_at=datetime(2026, 1, 1, tzinfo=UTC),
        model_version="default-1",
        currency="USD",
        rows=rows,
    )


@pytest.mark.parametrize("bands", [2, 4, 5, 7])
def test_an_rfm_map_has_the_bands_of_its_model(bands: int) -> None:
    row = RfmRow(cell="R1F1M1", recency=1, frequency=1, monetary=1, bands=bands, customer_count=3, revenue_amount=5)
    told = [element.text for element in ElementTree.fromstring(rfm.chart(of("rfm", [row]))).iter()]
    assert [name for name in told if name and name[0] == "R" and name[1:].isdigit()] == [
        f"R{band}" for band in range(1, bands + 1)
    ]


def test_a_small_rich_loyal_tier_earns_a_partnership() -> None:
    best = Total(50, 20_000, None, 45)
    assert relationship(best, EVERY) == "partnership"


def test_a_large_poor_tier_stays_basic() -> None:
    assert relationship(Total(400, 8_000, None, 40), EVERY) == "basic"


def test_margin_decides_where_it_is_known() -> None:
    every = Total(1000, 100_000, 30_000, 1000)
    thin = Total(150, 20_000, 2_000, 0)
    assert relationship(thin, every) == "basic"
    assert relationship(Total(150, 20_000, 8_000, 0), every) == "reactive"


@pytest.mark.parametrize(
    ("value", "currency", "told"),
    [(123, "USD", "1 USD"), (1_234_500, "USD", "12.3k USD"), (7_000_000, "JPY", "7.0M JPY"), (None, "USD", "–")],
)
def test_amounts_are_told_shortly(value: int | None, currency: str, told: str) -> None:
    assert drawing.amount(value, currency) == told


def test_text_from_outside_cannot_leave_its_place_in_a_picture() -> None:
    row = BrandLoyaltyRow(
        product_category='</text><script>alert("x")</script>',
        group="store",
        usage="low",
        customer_count=3,
        customer_share=1.0,
        unit_count=5,
    )
    tree = ElementTree.fromstring(brand_loyalty.chart(of("brand-loyalty", [row])))
    assert not [element for element in tree.iter() if element.tag.endswith("script")]


def test_colours_mix_from_end_to_end() -> None:
    assert [svg.mix("#000000", "#ff8040", part) for part in (-1, 0, 0.5, 1, 2)] == [
        "#000000", "#000000", "#804020", "#ff8040", "#ff8040",
    ]  # fmt: skip
