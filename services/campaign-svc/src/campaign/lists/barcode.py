"""Code 128, as runs of bars that a page of any kind can draw."""

from collections.abc import Iterator
from itertools import groupby

import msgspec
from barcode.codex import Code128

QUIET = 10  # modules of white that a scanner needs on either side


class Bar(msgspec.Struct, frozen=True):
    """A bar, in modules from the left edge, the quiet zone included."""

    start: int
    width: int


def bars(code: str) -> tuple[int, list[Bar]]:
    """The width of the whole symbol in modules, and its bars."""
    modules = "".join(Code128(code).build())
    return len(modules) + 2 * QUIET, list(_runs(modules))


def _runs(modules: str) -> Iterator[Bar]:
    place = QUIET
    for symbol, run in groupby(modules):
        width = len(list(run))
        if symbol == "1":
            yield Bar(place, width)
        place += width
