"""CSV that a spreadsheet can open: nothing in it runs."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

_FORMULA: Final = frozenset("=+-@\t\r")
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def lines(rows: Iterable[Iterable[Any]]) -> str:
    """The rows as CSV; objects and lists in them as JSON."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(map(_cell, row) for row in rows)
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode()
    # A spreadsheet would run a text that begins like a formula (CWE-1236); a number with its sign is none.
    if isinstance(value, str) and value[:1] in _FORMULA and not _NUMBER.fullmatch(value):
        return "'" + value
    return value
