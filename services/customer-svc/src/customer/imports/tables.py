"""CSV on its way to the JSON the imports read: one line a record, orders and refunds one line per run of rows."""

import re
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import repeat
from typing import Any, Final

import msgspec

from customer.customers.schemas import FIELDS as CUSTOMER_FIELDS
from customer.imports.errors import RepeatedColumn, UnknownColumn
from customer.imports.records import LIST_SEPARATOR, NOT_CSV, SURPLUS, Record, Row, records
from customer.imports.rules import LINE_BYTES
from customer.imports.schemas import Resource
from customer.interactions.schemas import FIELDS as INTERACTION_FIELDS
from customer.orders.rules import FIELDS as ORDER_FIELDS
from customer.products.schemas import NewProduct
from customer.references.schemas import CustomerRef, ProductRef
from customer.stores.schemas import NewStore

Document = dict[str, Any]

ATTRIBUTE: Final = "attributes."

# Cells of these hold a list; a column of one may come more than once.
LISTS: Final = {"phone": "phones", "email": "emails", "card": "cards"}
_CUSTOMER: Final = ("external_id", "source", *CUSTOMER_FIELDS, *LISTS, "attribute_source")
_REFERENCE: Final = tuple(CustomerRef.model_fields)
_AMOUNTS: Final = ("amount", "tax_amount", "cost_amount")
_DISCOUNTS: Final = ("store", "manufacturer", "match", "coupon")
_REFUND: Final = ("external_id", "source", "order_external_id", "order_source", "refunded_at")


def _prefixed(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{prefix}_{name}" for name in names)


COLUMNS: Final[Mapping[Resource, tuple[str, ...]]] = {
    "customers": _CUSTOMER,
    "products": tuple(NewProduct.model_fields),
    "stores": tuple(NewStore.model_fields),
    "orders": (
        *ORDER_FIELDS,
        *_prefixed("customer", _REFERENCE),
        *_prefixed("product", tuple(ProductRef.model_fields)),
        "quantity",
        *_AMOUNTS,
        *_prefixed("discount", _DISCOUNTS),
    ),
    "refunds": (*_REFUND, "line", "quantity", "amount"),
    "interactions": (*INTERACTION_FIELDS, *_prefixed("customer", _REFERENCE)),
}
GROUPED: Final = frozenset({"orders", "refunds"})
MOST_ROWS: Final = 2000
# Stand for records that cannot be read as their columns say: no JSON, and told as they are.
ENDLESS: Final = b"A record has more than 2000 rows, or its rows more than a megabyte."
FAULTS: Final = frozenset({SURPLUS, ENDLESS, NOT_CSV})
_MOST_DIGITS: Final = 20
_INTEGER: Final = re.compile(r"-?[0-9]+")
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(slots=True)
class _Group:
    """The records of one document. taken: the lines of the body that they and the empty lines among them took."""

    records: list[Record] = field(default_factory=list)
    taken: int = 0
    size: int = 0
    fault: bytes | None = None

    def takes(self, record: Record) -> bool:
        return bool(self.records and record.key[1]) and record.key == self.records[0].key

    def add(self, record: Record) -> None:
        """One more; those of a record without end are only counted."""
        self.size += record.size
        self.fault = self.fault or record.fault
        if len(self.records) == MOST_ROWS or self.size > LINE_BYTES:
            self.fault = ENDLESS
        else:
            self.records.append(record)

    def lines(self, document: Callable[[list[Row]], Document]) -> Iterator[bytes]:
        """The document in the line of its first row, and as many empty lines as make up what was taken."""
        if self.fault:
            yield self.fault + b"\n"
        elif self.records:
            yield msgspec.json.encode(document([record.cells for record in self.records])) + b"\n"
        yield from repeat(b"\n", self.taken - bool(self.records or self.fault))


async def as_json_lines(lines: AsyncIterator[bytes], resource: Resource) -> AsyncIterator[bytes]:
    """JSON lines in step with the body's lines: the first is the header's and stays empty.

    Raises: UnknownColumn, RepeatedColumn for a header we cannot read, UnreadableBody for text that is not UTF-8 or
    whose header is not CSV, LineTooLong for a record that goes on and on.
    """
    document = _DOCUMENTS[resource]
    group = _Group()
    async for record in records(lines, partial(_checked, resource=resource)):
        if not record.is_empty:
            if not (resource in GROUPED and group.takes(record)):
                for line in group.lines(document):
                    yield line
                group = _Group()
            group.add(record)
        # Empty lines among a group's rows, or after them, are lines of the body too.
        group.taken += record.lines
    for line in group.lines(document):
        yield line


def _checked(header: list[str], resource: Resource) -> list[str]:
    known = COLUMNS[resource]
    for name in header:
        if name not in known and not (resource == "customers" and name.startswith(ATTRIBUTE)):
            raise UnknownColumn(f"Column {name!r} is not one of: {', '.join(known)}.")
        if header.count(name) > 1 and not (resource == "customers" and name in LISTS):
            raise RepeatedColumn(f"Column {name!r} comes more than once.")
    return header


def _some(row: Row, names: Iterable[str]) -> Document:
    return {name: row[name] for name in names if name in row}


def _customer(rows: list[Row]) -> Document:
    row = rows[0]
    document = _some(row, ("external_id", "source", *CUSTOMER_FIELDS))
    for column, member in LISTS.items():
        if column in row:
            document[member] = [part.strip() for part in row[column].split(LIST_SEPARATOR) if part.strip()]
    provenance = {"source": row["attribute_source"]} if "attribute_source" in row else {}
    attributes = {name.removeprefix(ATTRIBUTE): row[name] for name in row if name.startswith(ATTRIBUTE)}
    if attributes:
        document["attributes"] = {name: {"value": value} | provenance for name, value in attributes.items()}
    return document


def _flat(rows: list[Row]) -> Document:
    return dict(rows[0])


def _reference(row: Row, prefix: str) -> Document:
    return {name: row[f"{prefix}_{name}"] for name in _REFERENCE if f"{prefix}_{name}" in row}


def _integer(cell: str) -> int | str:
    """Whole minor units; anything else stays text, which is refused: 1e3 is no thousand."""
    return int(cell) if _INTEGER.fullmatch(cell) and len(cell) < _MOST_DIGITS else cell


def _decimal(cell: str) -> float | str:
    return float(cell) if _DECIMAL.fullmatch(cell) else cell


def _measured(row: Row) -> Document:
    """A line's numbers."""
    quantity = {"quantity": _decimal(row["quantity"])} if "quantity" in row else {}
    return quantity | {name: _integer(row[name]) for name in _AMOUNTS if name in row}


def _order(rows: list[Row]) -> Document:
    document = _some(rows[0], ORDER_FIELDS)
    return document | {"customer": _reference(rows[0], "customer"), "lines": [_order_line(row) for row in rows]}


def _order_line(row: Row) -> Document:
    discounts = [
        {"kind": kind, "amount": _integer(row[f"discount_{kind}"])}
        for kind in _DISCOUNTS
        if row.get(f"discount_{kind}", "0") != "0"
    ]
    return _measured(row) | {"product": _reference(row, "product"), "discounts": discounts}


def _refund(rows: list[Row]) -> Document:
    lines = [{name: _integer(row[name]) for name in ("line",) if name in row} | _measured(row) for row in rows]
    return _some(rows[0], _REFUND) | {"lines": lines}


def _interaction(rows: list[Row]) -> Document:
    return _some(rows[0], INTERACTION_FIELDS) | {"customer": _reference(rows[0], "customer")}


_DOCUMENTS: Final[Mapping[Resource, Callable[[list[Row]], Document]]] = {
    "customers": _customer,
    "products": _flat,
    "stores": _flat,
    "orders": _order,
    "refunds": _refund,
    "interactions": _interaction,
}
