"""Handles, put into the one form in which they are stored and compared."""

import re
from typing import Final, Literal, NamedTuple

from crmkit.data import contact_points
from crmkit.data.contact_points import Unreadable
from crmkit.data.masking import mask

Kind = Literal["id", "external_id", "phone", "email", "card", "social"]

DEFAULT_SOURCE: Final = "default"
SOURCE_PATTERN: Final = r"^[a-z0-9_-]{1,64}$"
_SOURCE: Final = re.compile(SOURCE_PATTERN)


class Handle(NamedTuple):
    """A customer's name in some namespace: a kind, a source (empty where there is none), a normalised value."""

    kind: Kind
    source: str
    value: str

    def __str__(self) -> str:
        """For sentences, which people read who may not see phones and addresses."""
        value = mask(self.value) if self.kind in ("phone", "email") else self.value
        return f"{self.kind} {self.source + ':' if self.source else ''}{value}"


def phone(value: str, region: str) -> Handle:
    """A number without a country code is read in `region`. Raises Unreadable."""
    return Handle("phone", "", contact_points.phone(value, region))


def email(value: str) -> Handle:
    """Raises Unreadable."""
    return Handle("email", "", contact_points.email(value))


def card(value: str) -> Handle:
    """Raises Unreadable."""
    return Handle("card", "", contact_points.card(value))


def external_id(value: str, source: str, kind: Literal["external_id", "social"] = "external_id") -> Handle:
    """An id of another system, kept as it is. Raises Unreadable."""
    if not _SOURCE.match(source):
        raise Unreadable(f"{source!r} is not a source: lower-case letters, digits, _ and -, at most 64.")
    if not 1 <= len(value) <= 255:
        raise Unreadable("An external id has 1 to 255 characters.")
    return Handle(kind, source, value)
