"""From a streamed body to chunks of JSON lines, in flat memory.

A chunk keeps line numbers true: its n-th line is the body's line `first_line + n`. CSV records become one JSON line
each, orders one JSON line per run of rows with the same external id, and the lines a record took beyond its first
stay empty.
"""

import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

from customer.imports.errors import LineTooLong, UnreadableBody

CHUNK_BYTES: Final = 1 << 20
LINE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines of a body, each ended by a newline."""

    first_line: int
    lines: int
    content: bytes


async def inflated(blocks: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    """The body's bytes, decompressed when it came as gzip. Raises UnreadableBody."""
    if encoding in ("", "identity"):
        async for block in blocks:
            yield block
        return
    if encoding != "gzip":
        raise UnreadableBody(f"Content-Encoding {encoding!r} is not taken; send gzip or nothing.")
    inflater = zlib.decompressobj(wbits=31)
    async for block in blocks:
        for part in _inflate(inflater, block):
            yield part
        while inflater.eof and inflater.unused_data:
            rest, inflater = inflater.unused_data, zlib.decompressobj(wbits=31)
            for part in _inflate(inflater, rest):
                yield part
    if not inflater.eof:
        raise UnreadableBody("The gzip stream ends in the middle; send it again.")


def _inflate(inflater: "zlib._Decompress", block: bytes) -> Iterator[bytes]:
    try:
        while block:
            part = inflater.decompress(block, CHUNK_BYTES)
            if part:
                yield part
            block = inflater.unconsumed_tail
    except zlib.error as error:
        raise UnreadableBody(f"The body is not gzip: {error}.") from error


async def lines_of(blocks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The body's lines with their newlines, the last one given one. Raises LineTooLong."""
    pending = b""
    number = 0
    async for block in blocks:
        *whole, pending = (pending + block).split(b"\n")
        for line in whole:
            number += 1
            yield line + b"\n"
        if len(pending) > LINE_BYTES:
            raise LineTooLong(f"Line {number + 1} is longer than {LINE_BYTES} bytes.")
    if pending:
        yield pending + b"\n"


async def chunked(lines: AsyncIterator[bytes], most: int, first_line: int = 1) -> AsyncIterator[Chunk]:
    """Lines gathered into chunks of about a megabyte and at most this many lines."""
    gathered: list[bytes] = []
    size = 0
    async for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= CHUNK_BYTES or len(gathered) >= most:
            yield Chunk(first_line, len(gathered), b"".join(gathered))
            first_line += len(gathered)
            gathered, size = [], 0
    if gathered:
        yield Chunk(first_line, len(gathered), b"".join(gathered))
