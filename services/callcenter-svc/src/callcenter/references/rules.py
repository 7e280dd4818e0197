"""Handles: the ways a caller may name a customer, each in one written form so that equal ones are equal."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Final
from uuid import UUID

from crmkit.data import contact_points
from crmkit.data.contact_points import Unreadable

DEFAULT_SOURCE: Final = "default"
SOURCE_PATTERN: Final = r"^[a-z0-9_-]{1,64}$"


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
class Concern:
    """Whom a row concerns: as named, and whom that leads to."""

    handle_kind: str | None = None
    handle_value: str | None = None
    resolution: str | None = None
    customer_id: UUID | None = None
    candidates: tuple[UUID, ...] = ()

    def is_resolved_under(self, handle: Handle | None) -> bool:
        """Whether just this name has led to a customer."""
        named = handle and (handle.kind, handle.value)
        return self.resolution == "resolved" and named == (self.handle_kind, self.handle_value)


NOBODY: Final = Concern()


@dataclass(frozen=True, slots=True)
class Cause:
    """The event of another feed that a change goes back to; none for one that we came upon ourselves."""

    event_id: str | None = None
    traceparent: str | None = None


def of_id(id_: UUID) -> Handle:
    return Handle(HandleKind.ID, str(id_))


def of_phone(number: str, region: str) -> Handle:
    """A number that is none (`anonymous`) is kept as given, and nobody's: no complaint is lost to a field."""
    return _of_point(HandleKind.PHONE, number, partial(contact_points.phone, region=region))


def of_email(address: str) -> Handle:
    """An address that can be none is kept as given."""
    return _of_point(HandleKind.EMAIL, address, contact_points.email)


def of_card(card: str) -> Handle:
    return _of_point(HandleKind.CARD, card, contact_points.card)


def of_external_id(source: str, external_id: str) -> Handle:
    return Handle(HandleKind.EXTERNAL_ID, f"{source}:{external_id}")


def _of_point(kind: HandleKind, given: str, read: Callable[[str], str]) -> Handle:
    try:
        return Handle(kind, read(given))
    except Unreadable:
        return Handle(kind, given)
