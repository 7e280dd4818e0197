"""Handles: the ways a caller may name a customer, each in one written form so that equal ones are equal."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID

import phonenumbers

E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
SOURCE: Final = r"^[a-z0-9_-]+$"


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


def of_id(id_: UUID) -> Handle:
    return Handle(HandleKind.ID, str(id_))


def of_email(address: str) -> Handle:
    return Handle(HandleKind.EMAIL, address.strip().lower())


def of_card(card: str) -> Handle:
    return Handle(HandleKind.CARD, card.strip())


def of_external_id(source: str, external_id: str) -> Handle:
    return Handle(HandleKind.EXTERNAL_ID, f"{source}:{external_id}")


@lru_cache(maxsize=8192)
def e164(number: str, region: str) -> str | None:
    """The number in E.164, read as dialled in `region`; None when it can be no telephone number."""
    if E164.fullmatch(number):
        return number
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
