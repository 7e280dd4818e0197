"""References as bodies carry them, and a customer as a resource tells it."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_serializer, model_validator

from callcenter.references import rules
from callcenter.references.rules import Handle
from callcenter.schemas import Answer, Name
from crmkit.data.instants import Instant
from crmkit.web import lists
from crmkit.web.bodies import Body

Source = Annotated[str, StringConstraints(pattern=rules.SOURCE_PATTERN)]


class Ref(Body):
    """Names a thing of another service by `id`, or by `external_id` and its `source`."""

    id: UUID | None = None
    external_id: Name | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.id is None) == (self.external_id is None) or (self.source and self.id):
            raise ValueError("name it by id, or by external_id and source")
        return self

    @model_serializer
    def as_given(self) -> dict[str, str]:
        """The reference as it is kept."""
        if self.external_id is None:
            return {"id": str(self.id)}
        return {"external_id": self.external_id, "source": self.source or rules.DEFAULT_SOURCE}


class CustomerRef(Body):
    """Names a customer in one known way; a name not known yet is kept and linked when its owner appears."""

    id: UUID | None = None
    phone: Name | None = None
    email: Name | None = None
    card: Name | None = None
    external_id: Name | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        names = (self.id, self.phone, self.email, self.card, self.external_id)
        if sum(name is not None for name in names) != 1 or (self.source and self.external_id is None):
            raise ValueError("name the customer in one way: id, phone, email, card, or external_id with its source")
        return self

    def handle(self, region: str) -> Handle:
        """The name in its one written form; a phone or an e-mail that is none stays as given."""
        match self:
            case CustomerRef(id=UUID() as id_):
                return rules.of_id(id_)
            case CustomerRef(phone=str(phone)):
                return rules.of_phone(phone, region)
            case CustomerRef(email=str(email)):
                return rules.of_email(email)
            case CustomerRef(card=str(card)):
                return rules.of_card(card)
        assert self.external_id is not None
        return rules.of_external_id(self.source or rules.DEFAULT_SOURCE, self.external_id)


Resolution = Literal["resolved", "pending", "ambiguous"]


class Customer(Answer):
    """Whom a resource concerns: as named (`handle`) and as found.

    `id` is null until the name leads to just one customer, unless the name is an id: that is kept from the start.
    `candidates` are those it might mean. A rule decided, or an agent, whom no rule overrules.
    """

    id: UUID | None
    handle: dict[str, str] = Field(examples=[{"phone": "+14155550100"}])
    resolution: Resolution
    candidates: list[UUID]
    decided_by: Literal["rule", "agent"]
    name: str | None = Field(default=None, description="with `expand=customer`, where it is known here")


class ConcerningQuery(lists.ListQuery):
    """What lists of nouns that concern a customer take."""

    ids: lists.Ids
    customer_id: lists.AnyOrNone[UUID]
    resolution: lists.AnyOrNone[Resolution]
    created_at_gte: Instant | None = None
    created_at_lt: Instant | None = None
    expand: lists.Expand[Literal["customer"]]
