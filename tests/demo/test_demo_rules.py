"""What the demo works out by itself: which offers, how good a list was, what a till is told."""

import pytest

from demo import offers, quality, till
from demo.catalogue import Product
from demo.data import BasketLine


def product(**given: str | None) -> Product:
    usual = {
        "id": "p",
        "external_id": "1",
        "department": "GROCERY",
        "product_category": "CHEESE",
        "product_type": "CHEDDAR",
        "manufacturer_id": "317",
        "brand": "national",
    }
    return Product(**usual | given)


def test_the_vendor_with_most_products_of_a_type_funds_its_offer() -> None:
    catalogue = [product(), product(), product(manufacturer_id="2"), product(brand="private", manufacturer_id="69")]

    (offer,) = offers.vendor_offers(offers.leads(catalogue), {"317": "sponsor"})

    assert offer["target"] == {"product_type": "CHEDDAR", "brand": "national", "manufacturer_id": "317"}
    assert offer["sponsor_id"] == "sponsor"


def test_the_store_funds_an_offer_where_it_has_a_brand_of_its_own() -> None:
    catalogue = [product(), product(product_type="BRIE", brand="private")]

    assert [offer["target"]["product_type"] for offer in offers.store_offers(catalogue)] == ["BRIE"]


@pytest.mark.parametrize("given", [{"department": "FUEL"}, {"product_category": "COUPON"}, {"product_type": None}])
def test_what_is_no_goods_has_no_offer(given: dict[str, str | None]) -> None:
    assert offers.leads([product(**given)]) == []
    assert offers.store_offers([product(brand="private", **given)]) == []


def test_a_list_is_measured_by_its_first_ten() -> None:
    listed = {"anna": [f"type {n}" for n in range(11)], "bert": ["bread"]}
    bought = {"anna": {"type 0", "type 9", "type 10"}, "carl": {"bread"}}

    assert quality.measure(listed, bought) == quality.Quality(households=2, precision=2 / 20, hit_share=1 / 2)


@pytest.mark.parametrize(("quantity", "amount", "unit_amount"), [(2, 398, 199), (3, 100, 33), (0, 250, 250), (1, 0, 0)])
def test_a_line_keeps_the_money_that_was_paid(quantity: int, amount: int, unit_amount: int) -> None:
    line = till._line(BasketLine(product_id=7, quantity=quantity, amount=amount))

    assert (line["amount"], line["unit_amount"], line["quantity"]) == (amount, unit_amount, quantity)
