"""Ways to reach somebody, each in the one written form in which it is stored and compared."""

import unicodedata
from functools import lru_cache
from typing import Final

import email_validator
import phonenumbers

from crmkit.data.masking import mask

_CARD_LENGTH: Final = 64


class Unreadable(ValueError):
    """What cannot be what it claims to be; the text says why and what to send, and shows no personal value."""


@lru_cache(maxsize=8192)
def e164(number: str, region: str) -> str | None:
    """The number in E.164, read as dialled in `region` (ISO 3166); None when it can be no telephone number."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def phone(number: str, region: str) -> str:
    """As `e164`. Raises Unreadable."""
    found = e164(number, region)
    if found is None:
        raise Unreadable(f"{mask(number)!r} is not a possible phone number; send E.164, such as +15551234567.")
    return found


def email(address: str) -> str:
    """The address in lower case, its domain normalised; nothing is looked up. Raises Unreadable."""
    try:
        found = email_validator.validate_email(address, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError as error:
        raise Unreadable(f"{mask(address)!r} is not an e-mail address: {error}") from error
    return found.normalized.lower()


def card(number: str) -> str:
    """A card's number without the spaces people put into it. Raises Unreadable."""
    found = "".join(unicodedata.normalize("NFKC", number).split())
    if not 1 <= len(found) <= _CARD_LENGTH:
        raise Unreadable(f"A card number has 1 to {_CARD_LENGTH} characters.")
    return found
