"""References in bodies: any known handle of a customer, or a product's id."""

from typing import Annotated, Self
from uuid import UUID

import msgspec
from pydantic import ConfigDict, Field, model_validator

from crmkit.data.contact_points import Unreadable
from crmkit.web.bodies import Body
from customer.references import rules
from customer.references.rules import Handle

Source = Annotated[str, Field(pattern=rules.SOURCE_PATTERN)]
Text = Annotated[str, Field(min_length=1, max_length=255)]


class _Reference(Body):
    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        given = self.model_fields_set - {"source"}
        if len(given) != 1:
            known = ", ".join(name for name in type(self).model_fields if name != "source")
            raise ValueError(f"give exactly one of {known}")
        return self


class CustomerRef(_Reference):
    """A customer by `id`, by `external_id` with its `source`, by `phone`, `email` or `card`."""

    id: UUID | None = None
    external_id: Text | None = None
    source: Source | None = None
    phone: Text | None = None
    email: Text | None = None
    card: Text | None = None


class ProductRef(_Reference):
    """A product by `id`, or by `external_id` with its `source`."""

    id: UUID | None = None
    external_id: Text | None = None
    source: Source | None = None


class Reference(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Either kind of reference as an import reads it."""

    id: UUID | None = None
    external_id: str | None = None
    source: str | None = None
    phone: str | None = None
    email: str | None = None
    card: str | None = None


def handle_of(reference: Reference, *, source: str, region: str) -> Handle:
    """The handle a reference gives; `source` where it names none. Raises Unreadable."""
    match reference:
        case Reference(id=UUID() as id):
            return Handle("id", "", str(id))
        case Reference(external_id=str(value)):
            return rules.external_id(value, reference.source or source)
        case Reference(card=str(value)):
            return rules.card(value)
        case Reference(phone=str(value)):
            return rules.phone(value, region)
        case Reference(email=str(value)):
            return rules.email(value)
    raise Unreadable("A reference gives an id, external_id, card, phone or email.")
