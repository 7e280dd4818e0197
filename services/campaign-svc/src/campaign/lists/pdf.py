"""A list as a sheet of paper to hand out."""

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont
from fpdf import FPDF
from fpdf.enums import Align, XPos, YPos

from campaign.lists.barcode import bars
from campaign.lists.sheet import Sheet, SheetLine

GREEN: Final = (31, 111, 67)
PALE: Final = (238, 246, 240)
INK: Final = (29, 42, 34)
GREY: Final = (100, 112, 103)
RULE: Final = (227, 230, 225)
MARGIN: Final = 18.0
HEADER: Final = 44.0
FOOTER: Final = 52.0
ROW: Final = 15.5
BARCODE: Final = (84.0, 20.0)
# Fira Sans knows Latin, Greek and Cyrillic; names in other scripts are set in Noto Sans CJK.
SANS: Final = "Fira Sans"
OTHER: Final = "Noto Sans CJK"


def render(sheet: Sheet, paper: str) -> bytes:
    """The PDF's bytes: as many pages as the lines need, the barcode on the last."""
    page = FPDF(format=paper)
    page.set_auto_page_break(False)
    page.set_margins(MARGIN, MARGIN)
    page.set_title("Your shopping list")
    _add_fonts(page, sheet)
    page.add_page()
    _draw_header(page, sheet)
    for line in sheet.lines:
        if page.get_y() + ROW > page.h - MARGIN:
            page.add_page()
        _draw_line(page, line)
    if page.get_y() > page.h - FOOTER - MARGIN / 2:
        page.add_page()
    _draw_footer(page, sheet)
    return bytes(page.output())


def _draw_header(page: FPDF, sheet: Sheet) -> None:
    page.set_fill_color(*GREEN)
    page.rect(0, 0, page.w, HEADER, style="F")
    page.set_text_color(255, 255, 255)
    page.set_xy(MARGIN, 10)
    for text, style, size, height in (
        ("Your shopping list", "B", 25, 12),
        (sheet.greeting, "", 13, 7),
        (sheet.validity, "", 10.5, 6),
    ):
        page.set_font(SANS, style, size)
        page.cell(0, height, _fitted(page, text, page.epw), new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    page.set_y(HEADER + 4)


def _draw_line(page: FPDF, line: SheetLine) -> None:
    top, right = page.get_y(), page.w - MARGIN
    page.set_draw_color(*GREEN)
    page.set_line_width(0.5)
    page.rect(MARGIN, top + 4.6, 5, 5, round_corners=True, corner_radius=1)
    width = page.epw - 10 - (52 if line.saving else 0)
    _write(page, (MARGIN + 10, top + (2.2 if line.note else 4.2)), line.title, ("B", 12.5, INK), width)
    if line.note:
        _write(page, (MARGIN + 10, top + 8.2), line.note, ("", 9.5, GREY), width)
    if line.saving:
        page.set_fill_color(*PALE)
        page.rect(right - 46, top + 2, 46, 7, style="F", round_corners=True, corner_radius=3.4)
        _write(page, (right - 46, top + 2.3), line.saving, ("B", 12, GREEN), 46, Align.C)
        _write(page, (right - 46, top + 9.3), line.code, ("", 8, GREY), 46, Align.C)
    page.set_draw_color(*RULE)
    page.set_line_width(0.2)
    page.line(MARGIN, top + ROW - 0.4, right, top + ROW - 0.4)
    page.set_y(top + ROW)


def _draw_footer(page: FPDF, sheet: Sheet) -> None:
    top = page.h - FOOTER
    told = "Scan once at the till, or show your loyalty card: every offer applies by itself."
    _write(page, (MARGIN, top), told, ("", 10.5, INK), page.epw, Align.C)
    modules, found = bars(sheet.list_code)
    width, height = BARCODE
    left, module = (page.w - width) / 2, width / modules
    page.set_fill_color(0, 0, 0)
    for bar in found:
        page.rect(left + bar.start * module, top + 9, bar.width * module, height, style="F")
    _write(page, (MARGIN, top + 10 + height), sheet.printed_code, ("", 12, INK), page.epw, Align.C)


def _write(
    page: FPDF,
    at: tuple[float, float],
    text: str,
    font: tuple[str, float, tuple[int, int, int]],
    width: float,
    align: Align = Align.L,
) -> None:
    style, size, colour = font
    page.set_font(SANS, style, size)
    page.set_text_color(*colour)
    page.set_xy(*at)
    page.cell(width, 6, _fitted(page, text, width), align=align)


def _fitted(page: FPDF, text: str, width: float) -> str:
    """The text, cut with an ellipsis where it is too wide."""
    room = width - 2 * page.c_margin
    if page.get_string_width(text) <= room:
        return text
    while text and page.get_string_width(text + "…") > room:
        text = text[:-1]
    return text.rstrip() + "…"


def _add_fonts(page: FPDF, sheet: Sheet) -> None:
    for style, face in (("", "Regular"), ("B", "Bold")):
        page.add_font(SANS, style, _fira(face))
    # Loading the large font takes a third of a second: only for a sheet that needs it.
    if not _characters(sheet) <= _known():
        page.add_font(OTHER, "", _noto_cjk())
        page.set_fallback_fonts([OTHER], exact_match=False)


def _characters(sheet: Sheet) -> set[int]:
    texts = (sheet.greeting, sheet.validity, *(text for line in sheet.lines for text in (line.title, line.note)))
    return {ord(character) for text in texts for character in text}


@cache
def _known() -> frozenset[int]:
    with TTFont(_fira("Regular"), lazy=True) as font:
        return frozenset(font.getBestCmap())


def _fira(face: str) -> Path:
    return Path(str(resources.files("fontpkg_fira_sans") / "files" / f"FiraSans-{face}.ttf"))


def _noto_cjk() -> Path:
    return Path(str(resources.files("noto_cjk_sans_jp_regular") / "NotoSansCJKjp-Regular.otf"))
