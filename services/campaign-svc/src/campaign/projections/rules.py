"""What is kept of other services' facts, and in which form."""

import hashlib
from contextlib import suppress
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec

from campaign.schemas import CustomerRef
from crmkit.data import contact_points

HandleKind = Literal["card", "external", "phone", "email"]
_DIGESTED: Final = frozenset({"phone", "email"})


class CustomerHandle(msgspec.Struct, frozen=True):
    """One way to name a customer, in the form in which it is stored."""

    kind: HandleKind
    value: str


class KnownCustomer(msgspec.Struct, frozen=True):
    id: UUID
    version: int
    name: str | None = None
    handles: tuple[CustomerHandle, ...] = ()


class Goods(msgspec.Struct, frozen=True):
    """What offers look at in a product; all of it is unknown for a product that we never heard of."""

    id: UUID | None = None
    product_type: str | None = None
    product_category: str | None = None
    brand: str | None = None
    manufacturer_id: str | None = None


class Purchase(msgspec.Struct, frozen=True):
    """An order as results see it: who, when, for how much. A refund is a negative one."""

    customer_id: UUID
    id: UUID
    version: int
    purchased_at: datetime
    amount: int
    source: str | None = None
    external_id: str | None = None


def stored_handle(kind: HandleKind, value: str, region: str = "ZZ") -> CustomerHandle:
    """Normalised; phones and e-mails become digests, which is enough to recognise them.

    region: where a number without a country code is dialled; those that customer-svc tells have one.
    """
    text = "".join(value.split())
    with suppress(contact_points.Unreadable):
        match kind:
            case "phone":
                text = contact_points.phone(value, region)
            case "email":
                text = contact_points.email(text)
            case "card":
                text = contact_points.card(value)
    return CustomerHandle(kind, hashlib.sha256(text.encode()).hexdigest() if kind in _DIGESTED else text)


def external_handle(source: str, external_id: str) -> CustomerHandle:
    return CustomerHandle("external", f"{source}/{external_id}")


def handle_of(reference: CustomerRef, region: str) -> CustomerHandle | None:
    """The handle that a reference gives; None for one by id."""
    if reference.external_id is not None:
        return external_handle(reference.source, reference.external_id)
    if reference.card is not None:
        return stored_handle("card", reference.card)
    if reference.phone is not None:
        return stored_handle("phone", reference.phone, region)
    return stored_handle("email", reference.email) if reference.email is not None else None
