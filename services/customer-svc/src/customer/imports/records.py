"""CSV text as records, in step with the lines of the body."""

import csv
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from customer.imports.errors import LineTooLong, UnreadableBody
from customer.imports.rules import LINE_BYTES

Row = Mapping[str, str]

LIST_SEPARATOR: Final = ";"
# What is wrong with a record, as it is told.
SURPLUS: Final = b"A row has more cells than the header has columns."
NOT_CSV: Final = b"A row is not CSV: a cell goes on after its closing quote, or has more than 131,072 characters."
# A quote means something only where a cell begins with one.
_CELL: Final = r'(?:"(?:[^"]++|"")*+"[^,]*+|(?!")[^,]*+)'
_WHOLE: Final = re.compile(rf"{_CELL}(?:,{_CELL})*+")
_REST: Final = re.compile(rf'(?:[^"]++|"")*+"[^,]*+(?:,{_CELL})*+')


@dataclass(frozen=True, slots=True)
class Record:
    """One CSV record: its cells that are not empty, the lines and characters of the body it took, what is wrong."""

    cells: Row
    lines: int
    size: int = 0
    fault: bytes | None = None

    @property
    def key(self) -> tuple[str | None, str | None]:
        return self.cells.get("source"), self.cells.get("external_id")

    @property
    def is_empty(self) -> bool:
        return not self.cells and not self.fault


async def records(lines: AsyncIterator[bytes], checked: Callable[[list[str]], list[str]]) -> AsyncIterator[Record]:
    """Records in order; the header and empty lines have no cells. checked: raises for a header that is not taken."""
    header: list[str] | None = None
    named = _named
    async for text, first_line, taken in _texts(lines):
        try:
            cells = next(csv.reader([text.rstrip("\r\n")], strict=True), [])
        except csv.Error as error:
            if header is None:
                raise UnreadableBody(f"Line {first_line} is not CSV: {error}.") from error
            yield Record({}, taken, fault=NOT_CSV)
            continue
        if header is None:
            header = checked(cells)
            named = _named if len(set(header)) == len(header) else _joined
            yield Record({}, taken)
        else:
            yield Record(named(header, cells), taken, len(text), SURPLUS if any(cells[len(header) :]) else None)


def _named(header: list[str], cells: list[str]) -> Row:
    return {name: value for name, value in zip(header, cells, strict=False) if value != ""}


def _joined(header: list[str], cells: list[str]) -> Row:
    """The cells of columns that come more than once, as one list."""
    found: dict[str, str] = {}
    for name, value in zip(header, cells, strict=False):
        if value != "":
            found[name] = f"{found[name]}{LIST_SEPARATOR}{value}" if name in found else value
    return found


async def _texts(lines: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, int, int]]:
    """(text, first line, count of lines) of each record: a quote that is open takes in the next line."""
    gathered: list[str] = []
    number = size = 0
    async for line in lines:
        number += 1
        text = _decoded(line, number)
        is_whole = ('"' not in text or _WHOLE.fullmatch(text)) if not gathered else _REST.fullmatch(text)
        gathered.append(text)
        size += len(line)
        first = number - len(gathered) + 1
        if size > LINE_BYTES:
            raise LineTooLong(
                f"The record that begins in line {first} is longer than {LINE_BYTES} bytes; is a quote open?"
            )
        if is_whole:
            yield "".join(gathered), first, len(gathered)
            gathered, size = [], 0
    if gathered:
        raise UnreadableBody(f"The CSV ends inside a quoted cell of the record that begins in line {first}.")


def _decoded(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableBody(f"CSV is read as UTF-8, and line {number} is not; convert the file.") from error
