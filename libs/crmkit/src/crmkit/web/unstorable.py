"""What is good JSON and yet cannot be kept: a NUL, which Postgres' text does not have, and nesting without end."""

import re
from typing import Any, Final

import msgspec

from crmkit.problems import FieldError, Invalid
from crmkit.web import faults

# Deeper than any document here, and as deep as every layer can write.
MAX_DEPTH: Final = 100
_NUL: Final = b"\\u0000"
_LOW: Final = rb"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
# An escaped backslash, a whole pair, or half of one.
_ESCAPES: Final = re.compile(rb"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}" + _LOW + rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})")


def halves_marked(body: bytes) -> bytes:
    """A NUL in place of each half of a surrogate pair, which no text has: so that it harms only the item it is in."""
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    return _ESCAPES.sub(lambda found: _NUL if found[1] else found[0], body)


def refuse(body: bytes) -> None:
    """Raise Invalid (422) with the first such place. What is no JSON at all is left for others to tell."""
    if _NUL not in body and body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return
    refuse_in(document)


def refuse_in(document: Any) -> None:
    """The same of a document that was read already, such as an item of a batch."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), document)]
    while waiting:
        place, value = waiting.pop()
        if len(place) > MAX_DEPTH:
            raise _at(place, f"nested deeper than {MAX_DEPTH}")
        if isinstance(value, str) and "\0" in value:
            raise _at(place, "a NUL or half of a surrogate pair cannot be stored")
        if isinstance(value, dict):
            if any("\0" in name for name in value):
                raise _at(place, "a member's name holds a NUL or half of a surrogate pair, which cannot be stored")
            waiting += [((*place, name), member) for name, member in value.items()]
        elif isinstance(value, list):
            waiting += [((*place, index), member) for index, member in enumerate(value)]


def _at(place: tuple[str | int, ...], detail: str) -> Invalid:
    pointer = faults.pointer(place)
    return Invalid(f"{pointer or 'body'}: {detail}", errors=[FieldError(pointer, detail, "unstorable")])
