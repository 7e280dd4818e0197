"""The words on a printed list, in the business's language and currency."""

from datetime import tzinfo
from typing import Final

import msgspec
from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, get_currency_precision

from campaign.coupons import codes
from campaign.lists.schemas import ListedOffer, ListLine, ShoppingList
from campaign.offers.rules import OfferKind

LETTER_COUNTRIES: Final = frozenset({"US", "CA", "MX"})


class Printing(msgspec.Struct, frozen=True):
    """How the business prints: its locale and time zone."""

    locale: str
    zone: tzinfo

    @property
    def paper(self) -> str:
        return "Letter" if Locale.parse(self.locale).territory in LETTER_COUNTRIES else "A4"


class SheetLine(msgspec.Struct, frozen=True):
    """A row of the sheet; `saving` and `code` are empty where no offer is."""

    title: str
    note: str
    saving: str
    code: str


class Sheet(msgspec.Struct, frozen=True):
    """Everything that stands on the paper."""

    greeting: str
    validity: str
    lines: tuple[SheetLine, ...]
    list_code: str
    printed_code: str


def lay_out(shopping_list: ShoppingList, customer_name: str | None, printing: Printing) -> Sheet:
    last_day = shopping_list.valid_until.astimezone(printing.zone).date()
    return Sheet(
        greeting=f"For {customer_name}" if customer_name else "For you",
        validity=f"Good until {format_date(last_day, 'full', printing.locale)}",
        lines=tuple(_line(line, printing) for line in shopping_list.lines),
        list_code=shopping_list.list_code,
        printed_code=codes.printed(shopping_list.list_code),
    )


def _line(line: ListLine, printing: Printing) -> SheetLine:
    title = _readable(line.product_type) or (line.product and _readable(line.product.name)) or "Something you like"
    category = _readable(line.product_category)
    return SheetLine(
        title=title,
        note=line.offer.name if line.offer else category if category != title else "",
        saving=_saving(line.offer, printing.locale) if line.offer else "",
        code=codes.printed(line.coupon_code) if line.coupon_code else "",
    )


def _saving(offer: ListedOffer, locale: str) -> str:
    if offer.percent is not None:
        return f"{format_decimal(offer.percent, locale=locale)} % off"
    assert offer.amount is not None
    price = format_currency(offer.amount / 10 ** get_currency_precision(offer.currency), offer.currency, locale=locale)
    return f"{price} off" if offer.kind is OfferKind.AMOUNT else f"{price} each"


def _readable(name: str | None) -> str:
    """Catalogues shout; a customer is spoken to: `FLUID MILK WHITE ONLY` -> `Fluid milk white only`."""
    text = " ".join((name or "").split())
    return text.capitalize() if text.isupper() else text
