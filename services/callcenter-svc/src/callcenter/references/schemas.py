"""References as bodies carry them, and a customer as a resource tells it."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from callcenter.references import rules
from callcenter.references.rules import Handle
from callcenter.schemas import Answer, Body, Name
from crmkit.problems import FieldError, Invalid

Source = Annotated[str, StringConstraints(pattern=rules.SOURCE, max_length=64)]


class Ref(Body):
    """Names a thing of another service by `id`, or by `external_id` and `source`."""

    id: UUID | None = None
    external_id: Name | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.id is None) == (self.external_id is None) or (self.external_id is None) != (self.source is None):
            raise ValueError("name it by id, or by external_id and source")
        return self


class CustomerRef(Body):
    """Names a customer in one known way; a name not known yet is kept and linked when its owner appears."""

    id: UUID | None = None
    phone: Annotated[str, StringConstraints(min_length=3, max_length=32)] | None = None
    email: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=254)] | None = None
    card: Name | None = None
    external_id: Name | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        names = (self.id, self.phone, self.email, self.card, self.external_id)
        if sum(name is not None for name in names) != 1 or (self.external_id is None) != (self.source is None):
            raise ValueError("name the customer in one way: id, phone, email, card, or external_id and source")
        return self

    def handle(self, region: str) -> Handle:
        """The name in its one written form. Raises Invalid (422) when a phone can be no telephone number."""
        if self.id:
            return rules.of_id(self.id)
        if self.phone:
            return self._phone(self.phone, region)
        if self.email:
            return rules.of_email(self.email)
        if self.card:
            return rules.of_card(self.card)
        assert self.external_id is not None
        assert self.source is not None
        return rules.of_external_id(self.source, self.external_id)

    def _phone(self, phone: str, region: str) -> Handle:
        number = rules.e164(phone, region)
        if number is None:
            detail = f"This can be no telephone number, as dialled in {region}."
            raise Invalid(detail, errors=[FieldError("/customer/phone", detail)])
        return Handle(rules.HandleKind.PHONE, number)


class Customer(Answer):
    """Whom a resource concerns: as named (`handle`) and as found.

    `id` is null until the name leads to just one customer; `candidates` are those it might mean.
    """

    id: UUID | None
    handle: dict[str, str] = Field(examples=[{"phone": "+14155550100"}])
    resolution: Literal["resolved", "pending", "ambiguous"]
    candidates: list[UUID]
