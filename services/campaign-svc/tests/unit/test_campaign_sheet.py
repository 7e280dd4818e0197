from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from campaign.lists import html, pdf
from campaign.lists.barcode import QUIET, bars
from campaign.lists.schemas import ListedOffer, ListLine, ShoppingList
from campaign.lists.sheet import Printing, Sheet, lay_out
from campaign.offers.rules import OfferKind
from campaign.schemas import CustomerId

ID = UUID(int=1)
AMERICAN = Printing("en_US", ZoneInfo("America/New_York"))


def offer(**terms: Any) -> ListedOffer:
    values = {"kind": OfferKind.PERCENTAGE, "percent": None, "amount": None, "currency": "USD", "sponsor_id": None}
    return ListedOffer(**{"id": ID, "name": "Milk week"} | values | terms)


def line(rank: int = 1, offer: ListedOffer | None = None, **names: Any) -> ListLine:
    named = {"product_type": "FLUID MILK WHITE ONLY", "product_category": "FLUID MILK PRODUCTS", "product": None}
    code = "4F7K9Q2MXR3B" if offer else None
    return ListLine(rank=rank, expected_on=None, offer=offer, coupon_code=code, **named | names)


def sheet(*lines: ListLine, name: str | None = None, printing: Printing = AMERICAN) -> Sheet:
    shopping_list = ShoppingList(
        id=ID,
        version=1,
        campaign_id=ID,
        customer=CustomerId(id=ID),
        as_of=date(2017, 12, 4),
        list_code="PX94T0R3GH5K",
        valid_from=datetime(2017, 12, 4, 5, tzinfo=UTC),
        valid_until=datetime(2017, 12, 18, 4, 59, tzinfo=UTC),
        lines=list(lines),
        created_at=datetime(2017, 12, 4, tzinfo=UTC),
    )
    return lay_out(shopping_list, name, printing)


@pytest.mark.parametrize(
    ("terms", "locale", "told"),
    [
        ({"percent": "12.5"}, "en_US", "12.5 % off"),
        ({"kind": OfferKind.AMOUNT, "amount": 100}, "en_US", "$1.00 off"),
        ({"kind": OfferKind.FIXED_PRICE, "amount": 199}, "en_US", "$1.99 each"),
        ({"kind": OfferKind.AMOUNT, "amount": 1250, "currency": "EUR"}, "de_DE", "12,50\xa0€ off"),
        ({"kind": OfferKind.AMOUNT, "amount": 300, "currency": "JPY"}, "en_US", "¥300 off"),
    ],
)
def test_a_saving_reads_as_the_locale_writes_it(terms: dict[str, Any], locale: str, told: str) -> None:
    laid_out = sheet(line(offer=offer(**terms)), printing=Printing(locale, AMERICAN.zone))
    assert laid_out.lines[0].saving == told


def test_a_sheet_speaks_to_a_person() -> None:
    laid_out = sheet(line(offer=offer(percent=20)), line(2), name="Anna")
    assert (laid_out.greeting, laid_out.validity) == ("For Anna", "Good until Sunday, December 17, 2017")
    assert [each.title for each in laid_out.lines] == ["Fluid milk white only"] * 2
    assert [each.note for each in laid_out.lines] == ["Milk week", "Fluid milk products"]
    assert [each.code for each in laid_out.lines] == ["4F7K-9Q2M-XR3B", ""]


@pytest.mark.parametrize(
    "name", [None, "", "王小明", "Łukasz Ørsted", "Ελένη", "Анна", "محمد", "🍎 Zoë", "x" * 500, "a\tb"]
)
def test_any_name_can_be_printed(name: str | None) -> None:
    laid_out = sheet(line(offer=offer(percent=20)), name=name)
    assert pdf.render(laid_out, "Letter").startswith(b"%PDF-")
    assert "</html>" in html.render(laid_out, "en")


def test_a_long_list_takes_more_pages() -> None:
    many = sheet(*(line(rank, offer(percent=20)) for rank in range(1, 51)))
    few = sheet(line(offer=offer(percent=20)))
    assert pdf.render(few, "A4").count(b"/Type /Page\n") == 1
    assert pdf.render(many, "A4").count(b"/Type /Page\n") == 4


def test_a_line_of_which_little_is_known_is_printed() -> None:
    laid_out = sheet(line(product_type=None, product_category=None))
    assert (laid_out.lines[0].title, laid_out.lines[0].note) == ("Something you like", "")


def test_a_barcode_has_its_quiet_zones_and_whole_bars() -> None:
    width, found = bars("PX94T0R3GH5K")
    assert found[0].start == QUIET
    assert found[-1].start + found[-1].width == width - QUIET
    assert all(1 <= bar.width <= 4 for bar in found)
    # Code 128: 11 modules a symbol (start, 12 characters, checksum), 13 for the stop.
    assert width - 2 * QUIET == 11 * 14 + 13


def test_american_paper_is_letter_and_european_is_a4() -> None:
    assert AMERICAN.paper == "Letter"
    assert Printing("de_DE", AMERICAN.zone).paper == "A4"
