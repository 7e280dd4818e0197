"""Handles, put into the one form in which they are stored and compared."""

import re
import unicodedata
from typing import Final, Literal, NamedTuple

import email_validator
import phonenumbers

from crmkit.data.masking import mask

Kind = Literal["id", "external_id", "phone", "email", "card", "social"]

DEFAULT_SOURCE: Final = "default"
SOURCE_PATTERN: Final = r"^[a-z0-9_-]{1,64}$"
_SOURCE: Final = re.compile(SOURCE_PATTERN)


class Unreadable(ValueError):
    """A handle that cannot be what it claims to be; the text says why and what to send."""


class Handle(NamedTuple):
    """A customer's name in some namespace: a kind, a source (empty where there is none), a normalised value."""

    kind: Kind
    source: str
    value: str

    def __str__(self) -> str:
        """For sentences, which people read who may not see phones and addresses."""
        value = mask(self.value) if self.kind in ("phone", "email") else self.value
        return f"{self.kind} {self.source + ':' if self.source else ''}{value}"


def phone(value: str, region: str) -> str:
    """E.164; a number without a country code is read in `region`."""
    try:
        parsed = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException as error:
        raise Unreadable(f"{mask(value)!r} is not a phone number; send E.164, such as +15551234567.") from error
    if not phonenumbers.is_possible_number(parsed):
        raise Unreadable(f"{mask(value)!r} is not a possible phone number; send E.164, such as +15551234567.")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def email(value: str) -> str:
    """The address in lower case, its domain normalised; nothing is looked up."""
    try:
        found = email_validator.validate_email(value, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError as error:
        raise Unreadable(f"{mask(value)!r} is not an e-mail address: {error}") from error
    return found.normalized.lower()


def card(value: str) -> str:
    """A card's number without the spaces people put into it."""
    found = "".join(unicodedata.normalize("NFKC", value).split())
    if not 1 <= len(found) <= 64:
        raise Unreadable("A card number has 1 to 64 characters.")
    return found


def source(value: str) -> str:
    """The name of a system that external ids come from."""
    if not _SOURCE.match(value):
        raise Unreadable(f"{value!r} is not a source: lower-case letters, digits, _ and -, at most 64.")
    return value


def external_id(value: str) -> str:
    """An id of another system, kept as it is."""
    if not 1 <= len(value) <= 255:
        raise Unreadable("An external id has 1 to 255 characters.")
    return value
