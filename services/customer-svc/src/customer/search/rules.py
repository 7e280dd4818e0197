"""What a lookup asks for."""

from typing import Final

import msgspec

from crmkit.problems import Invalid
from customer.references.rules import DEFAULT_SOURCE, Handle
from customer.references.schemas import Reference, handle_of
from customer.search.schemas import Lookup

HANDLES: Final = ("phone", "email", "card", "external_id")


def handle_asked(lookup: Lookup, *, region: str) -> Handle:
    """The one handle a lookup names. Raises Invalid, Unreadable."""
    named = {kind: value for kind in HANDLES if (value := getattr(lookup, kind)) is not None}
    if len(named) != 1:
        raise Invalid(f"Look up by exactly one of {', '.join(HANDLES)}.")
    return handle_of(msgspec.convert(named, Reference), source=lookup.source or DEFAULT_SOURCE, region=region)
