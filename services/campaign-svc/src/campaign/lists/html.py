"""A list as a page to read on a phone or print."""

from typing import Final

from jinja2 import Environment, PackageLoader, select_autoescape

from campaign.lists.barcode import bars
from campaign.lists.sheet import Sheet

_pages: Final = Environment(
    loader=PackageLoader("campaign.lists"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
)


def render(sheet: Sheet, language: str) -> str:
    """The whole document; it needs nothing from outside."""
    width, found = bars(sheet.list_code)
    return _pages.get_template("list.html").render(sheet=sheet, width=width, bars=found, language=language)
