"""What is good JSON and yet cannot be kept: a NUL, which Postgres' text does not have, and nesting without end."""

from typing import Any, Final

import msgspec

from crmkit.problems import FieldError, Invalid
from crmkit.web import faults

# Deeper than any document here, and as deep as every layer can write.
MAX_DEPTH: Final = 100
_NUL: Final = b"\\u0000"


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
            raise _at(place, "a NUL character cannot be stored")
        if isinstance(value, dict):
            if any("\0" in name for name in value):
                raise _at(place, "a member's name holds a NUL character, which cannot be stored")
            waiting += [((*place, name), member) for name, member in value.items()]
        elif isinstance(value, list):
            waiting += [((*place, index), member) for index, member in enumerate(value)]


def _at(place: tuple[str | int, ...], detail: str) -> Invalid:
    pointer = faults.pointer(place)
    return Invalid(f"{pointer or 'body'}: {detail}", errors=[FieldError(pointer, detail, "unstorable")])
