"""CSV on its way to the JSON the imports read: one line a record, orders and refunds one line per run of rows."""

import csv
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from typing import Any, Final

import msgspec

from customer.imports.errors import LineTooLong, UnknownColumn, UnreadableBody
from customer.imports.rules import LINE_BYTES
from customer.imports.schemas import Resource

Row = Mapping[str, str]
Document = dict[str, Any]

LIST_SEPARATOR: Final = ";"
ATTRIBUTE: Final = "attributes."

_CUSTOMER: Final = ("external_id", "source", "kind", "name", "phone", "email", "card", "attribute_source")
_PRODUCT: Final = (
    "external_id",
    "source",
    "name",
    "department",
    "product_category",
    "product_type",
    "manufacturer_id",
    "brand",
    "package_size",
)
_STORE: Final = ("store_id", "name", "address", "time_zone")
_REFERENCE: Final = ("external_id", "source", "id", "phone", "email", "card")
_ORDER: Final = ("external_id", "source", "placed_at", "store_id", "channel", "currency", "brand")
_LINE: Final = ("quantity", "amount", "tax_amount", "cost_amount")
_DISCOUNTS: Final = ("store", "manufacturer", "match", "coupon")
_REFUND: Final = ("external_id", "source", "order_external_id", "order_source", "refunded_at")
_REFUND_LINE: Final = ("line", "quantity", "amount")
_INTERACTION: Final = ("external_id", "source", "kind", "occurred_at", "summary", "channel")


def _prefixed(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{prefix}_{name}" for name in names)


COLUMNS: Final[Mapping[Resource, tuple[str, ...]]] = {
    "customers": _CUSTOMER,
    "products": _PRODUCT,
    "stores": _STORE,
    "orders": (
        *_ORDER,
        *_prefixed("customer", _REFERENCE),
        *_prefixed("product", ("external_id", "source", "id")),
        *_LINE,
        *_prefixed("discount", _DISCOUNTS),
    ),
    "refunds": (*_REFUND, *_REFUND_LINE),
    "interactions": (*_INTERACTION, *_prefixed("customer", _REFERENCE)),
}
GROUPED: Final = frozenset({"orders", "refunds"})
# Stands for a record that cannot be read as its columns say: no JSON, and told as it is.
SURPLUS: Final = b"A row has more cells than the header has columns."


@dataclass(frozen=True, slots=True)
class Record:
    """One CSV record: its cells that are not empty, how many lines of the body it took.

    surplus: it has values beyond the header's last column.
    """

    cells: Row
    lines: int
    surplus: bool

    @property
    def key(self) -> tuple[str | None, str | None]:
        return self.cells.get("source"), self.cells.get("external_id")

    @property
    def is_empty(self) -> bool:
        return not self.cells and not self.surplus


async def as_json_lines(lines: AsyncIterator[bytes], resource: Resource) -> AsyncIterator[bytes]:
    """JSON lines in step with the body's lines: the first is the header's and stays empty.

    Raises: UnknownColumn for a header we cannot read, UnreadableBody for text that is not UTF-8 or not CSV,
    LineTooLong for a record that goes on and on.
    """
    document: Callable[[list[Row]], Document] = _DOCUMENTS[resource]
    group: list[Record] = []
    taken = 0
    async for record in _records(lines, resource):
        if not record.is_empty:
            if not (group and resource in GROUPED and record.key == group[0].key and record.key[1]):
                for line in _lines(document, group, taken):
                    yield line
                group, taken = [], 0
            group.append(record)
        # Empty lines among a group's rows, or after them, are lines of the body too.
        taken += record.lines
    for line in _lines(document, group, taken):
        yield line


def _lines(document: Callable[[list[Row]], Document], group: list[Record], taken: int) -> Iterator[bytes]:
    """A group's document in the line of its first row, and as many empty lines as make up what was taken."""
    if any(record.surplus for record in group):
        yield SURPLUS + b"\n"
    elif group:
        yield msgspec.json.encode(document([record.cells for record in group])) + b"\n"
    yield from repeat(b"\n", taken - 1 if group else taken)


async def _records(lines: AsyncIterator[bytes], resource: Resource) -> AsyncIterator[Record]:
    """Records in order; the header and empty lines are records without cells."""
    header: list[str] | None = None
    async for text, first_line, taken in _texts(lines):
        cells = _cells(text, first_line)
        if header is None:
            header = _checked(cells, resource)
            yield Record({}, taken, surplus=False)
        else:
            named = zip(header, cells, strict=False)
            surplus = any(cells[len(header) :])
            yield Record({name: value for name, value in named if value != ""}, taken, surplus)


async def _texts(lines: AsyncIterator[bytes]) -> AsyncIterator[tuple[str, int, int]]:
    """(text, first line, count of lines) of each record: a quote that is open takes in the next line."""
    gathered: list[str] = []
    number = size = quotes = 0
    async for line in lines:
        number += 1
        text = _decoded(line, number)
        gathered.append(text)
        size, quotes = size + len(line), quotes + text.count('"')
        first = number - len(gathered) + 1
        if size > LINE_BYTES:
            raise LineTooLong(
                f"The record that begins in line {first} is longer than {LINE_BYTES} bytes; is a quote open?"
            )
        if quotes % 2 == 0:
            yield "".join(gathered), first, len(gathered)
            gathered, size, quotes = [], 0, 0
    if gathered:
        raise UnreadableBody(f"The CSV ends inside a quoted cell of the record that begins in line {first}.")


def _cells(text: str, line: int) -> list[str]:
    try:
        return next(csv.reader([text.rstrip("\r\n")], strict=True), [])
    except csv.Error as error:
        raise UnreadableBody(f"Line {line} is not CSV: {error}.") from error


def _decoded(line: bytes, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableBody(f"CSV is read as UTF-8, and line {number} is not; convert the file.") from error


def _checked(header: list[str], resource: Resource) -> list[str]:
    known = COLUMNS[resource]
    for name in header:
        if name not in known and not (resource == "customers" and name.startswith(ATTRIBUTE)):
            raise UnknownColumn(f"Column {name!r} is not one of: {', '.join(known)}.")
    return header


def _customer(rows: list[Row]) -> Document:
    row = rows[0]
    document: Document = {name: row[name] for name in ("external_id", "source", "kind", "name") if name in row}
    for column, field in (("phone", "phones"), ("email", "emails"), ("card", "cards")):
        if column in row:
            document[field] = [part.strip() for part in row[column].split(LIST_SEPARATOR) if part.strip()]
    provenance = {"source": row["attribute_source"]} if "attribute_source" in row else {}
    attributes = {name.removeprefix(ATTRIBUTE): row[name] for name in row if name.startswith(ATTRIBUTE)}
    if attributes:
        document["attributes"] = {name: {"value": value} | provenance for name, value in attributes.items()}
    return document


def _flat(rows: list[Row]) -> Document:
    return dict(rows[0])


def _reference(row: Row, prefix: str) -> Document:
    return {name: row[f"{prefix}_{name}"] for name in _REFERENCE if f"{prefix}_{name}" in row}


def _order(rows: list[Row]) -> Document:
    document: Document = {name: rows[0][name] for name in _ORDER if name in rows[0]}
    return document | {"customer": _reference(rows[0], "customer"), "lines": [_order_line(row) for row in rows]}


def _order_line(row: Row) -> Document:
    discounts = [
        {"kind": kind, "amount": row[f"discount_{kind}"]}
        for kind in _DISCOUNTS
        if row.get(f"discount_{kind}", "0") != "0"
    ]
    line = {name: row[name] for name in _LINE if name in row}
    return line | {"product": _reference(row, "product"), "discounts": discounts}


def _refund(rows: list[Row]) -> Document:
    document: Document = {name: rows[0][name] for name in _REFUND if name in rows[0]}
    return document | {"lines": [{name: row[name] for name in _REFUND_LINE if name in row} for row in rows]}


def _interaction(rows: list[Row]) -> Document:
    document: Document = {name: rows[0][name] for name in _INTERACTION if name in rows[0]}
    return document | {"customer": _reference(rows[0], "customer")}


_DOCUMENTS: Final[Mapping[Resource, Callable[[list[Row]], Document]]] = {
    "customers": _customer,
    "products": _flat,
    "stores": _flat,
    "orders": _order,
    "refunds": _refund,
    "interactions": _interaction,
}
