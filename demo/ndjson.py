"""NDJSON from Arrow columns: columns of JSON text are put together, so that no row is touched one at a time."""

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

RFC3339: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Rows:
    """Whole NDJSON lines, and how many."""

    content: bytes
    count: int


def gzipped(rows: Iterable[Rows]) -> Iterator[bytes]:
    """The rows' lines as a gzip stream; fast rather than small, since it only crosses a wire."""
    deflate = zlib.compressobj(level=1, wbits=31)
    for each in rows:
        yield deflate.compress(each.content)
    yield deflate.flush()


def rows(fields: Mapping[str, pa.Array]) -> Rows:
    """A line a row, from columns of JSON text."""
    objects = join(object_of(fields), "\n")
    return Rows(b"".join(objects.cast(pa.binary()).to_pylist()), len(objects))


def object_of(fields: Mapping[str, pa.Array]) -> pa.Array:
    """JSON objects from columns of JSON text; a null leaves its field out, and no row may have nulls alone."""
    return join("{", _joined([join(f'"{name}":', values) for name, values in fields.items()]), "}")


def lists(values: pa.Array, starts: np.ndarray) -> pa.Array:
    """JSON lists of consecutive values."""
    offsets = pa.array(np.append(starts, len(values)), pa.int32())
    return join("[", pc.binary_join(pa.ListArray.from_arrays(offsets, values), ","), "]")


def _joined(columns: list[pa.Array]) -> pa.Array:
    return pc.binary_join_element_wise(*columns, ",", null_handling="skip")


def join(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def number(values: pa.Array) -> pa.Array:
    return values.cast(pa.string())


def quoted(values: pa.Array) -> pa.Array:
    return join('"', number(values), '"')


def constant(value: str, count: int) -> pa.Array:
    return pa.repeat(json.dumps(value), count)


def instant(values: pa.Array) -> pa.Array:
    return pc.strftime(values.cast(pa.timestamp("s")), format=f'"{RFC3339}"')


def text(values: pa.Array) -> pa.Array:
    """Text as JSON strings; each different text is encoded once."""
    encoded = values.dictionary_encode()
    return pa.array([json.dumps(text) for text in encoded.dictionary.to_pylist()]).take(encoded.indices)
