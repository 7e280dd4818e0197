"""What a lookup asks for."""

from collections.abc import Mapping

import msgspec

from crmkit.problems import Invalid
from customer.references.rules import DEFAULT_SOURCE, Handle
from customer.references.schemas import Reference, handle_of


def read_lookup(given: Mapping[str, str | None], source: str | None, *, region: str) -> Handle:
    """The one handle a lookup names. Raises Invalid, Unreadable."""
    named = {kind: value for kind, value in given.items() if value is not None}
    if len(named) != 1:
        raise Invalid(f"Look up by exactly one of {', '.join(given)}.")
    return handle_of(msgspec.convert(named, Reference), source=source or DEFAULT_SOURCE, region=region)
