"""Which raw paths are safe to route and forward byte for byte."""

from urllib.parse import unquote_to_bytes

from gateway.proxy.errors import UnsafePath


def check(raw_path: bytes, query: bytes = b"") -> None:
    """Raise `UnsafePath` for bytes that two readers could take for two different paths.

    Refused: dot segments, backslash and NUL, encoded or not; empty segments; anything that is not ASCII; `%2f`
    outside an external id, the one place where a slash may be data.
    """
    if not raw_path.startswith(b"/") or not raw_path.isascii() or not query.isascii():
        raise UnsafePath
    if b"//" in raw_path or b"\0" in raw_path or b"\\" in raw_path:
        raise UnsafePath
    if b"%" in raw_path or b"/." in raw_path:
        for segment in raw_path.split(b"/"):
            _check_segment(segment)


def _check_segment(segment: bytes) -> None:
    decoded = unquote_to_bytes(segment)
    if b"\\" in decoded or b"\0" in decoded:
        raise UnsafePath
    parts = decoded.split(b"/")
    if b"." in parts or b".." in parts:
        raise UnsafePath
    if len(parts) > 1 and not segment.startswith(b"ext:"):
        raise UnsafePath
