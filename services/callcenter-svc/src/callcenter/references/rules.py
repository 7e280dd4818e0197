"""Handles: the ways a caller may name a customer, each in one written form so that equal ones are equal."""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID

import email_validator
import phonenumbers

DEFAULT_SOURCE: Final = "default"
SOURCE_PATTERN: Final = r"^[a-z0-9_-]{1,64}$"


class Unreadable(ValueError):
    """A name that cannot be what it claims to be; the text says why."""


class HandleKind(StrEnum):
    ID = "id"
    PHONE = "phone"
    EMAIL = "email"
    CARD = "card"
    EXTERNAL_ID = "external_id"


@dataclass(frozen=True, slots=True)
class Handle:
    """One name of a customer; an external id is written `source:external_id`."""

    kind: HandleKind
    value: str


@dataclass(frozen=True, slots=True)
class Cause:
    """The event of another feed that a change goes back to; none for one that we came upon ourselves."""

    event_id: str | None = None
    traceparent: str | None = None


def of_id(id_: UUID) -> Handle:
    return Handle(HandleKind.ID, str(id_))


def of_phone(number: str, region: str) -> Handle:
    """Raises Unreadable."""
    found = e164(number, region)
    if found is None:
        raise Unreadable(f"this can be no telephone number, as dialled in {region}")
    return Handle(HandleKind.PHONE, found)


def of_email(address: str) -> Handle:
    """Raises Unreadable."""
    try:
        found = email_validator.validate_email(address, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError as error:
        raise Unreadable(f"this is no e-mail address: {error}") from error
    return Handle(HandleKind.EMAIL, found.normalized.lower())


def of_card(card: str) -> Handle:
    """A card's number, without the spaces people put into it."""
    return Handle(HandleKind.CARD, "".join(unicodedata.normalize("NFKC", card).split()))


def of_external_id(source: str, external_id: str) -> Handle:
    return Handle(HandleKind.EXTERNAL_ID, f"{source}:{external_id}")


@lru_cache(maxsize=8192)
def e164(number: str, region: str) -> str | None:
    """The number in E.164, read as dialled in `region`; None when it can be no telephone number."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
