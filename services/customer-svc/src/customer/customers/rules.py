"""A posted customer, with its handles in their normal form; a patched attribute."""

from dataclasses import dataclass, field

from crmkit.data import merge_patch
from customer.customers.schemas import AttributePatch, NewAttribute, NewCustomer
from customer.references import rules as handles
from customer.references.rules import Handle


@dataclass(frozen=True, slots=True)
class Intake:
    """One customer on its way in. keys name it alone; contact points may be shared."""

    external: Handle | None
    kind: str | None
    name: str | None
    cards: tuple[Handle, ...] = ()
    contacts: tuple[Handle, ...] = ()
    attributes: dict[str, NewAttribute | None] = field(default_factory=dict)

    @property
    def keys(self) -> tuple[Handle, ...]:
        return (self.external, *self.cards) if self.external else self.cards


def read(new: NewCustomer, region: str) -> Intake:
    """The customer as it is stored. Raises references.rules.Unreadable for a handle that is none."""
    external = None
    if new.external_id is not None:
        external = Handle("external_id", handles.source(new.source), handles.external_id(new.external_id))
    phones = (Handle("phone", "", handles.phone(value, region)) for value in new.phones)
    emails = (Handle("email", "", handles.email(value)) for value in new.emails)
    cards = (Handle("card", "", handles.card(value)) for value in new.cards)
    return Intake(
        external=external,
        kind=new.kind,
        name=new.name,
        cards=tuple(dict.fromkeys(cards)),
        contacts=tuple(dict.fromkeys((*phones, *emails))),
        attributes=new.attributes,
    )


def patched(present: NewAttribute | None, patch: AttributePatch) -> NewAttribute | None:
    """The attribute as a merge patch leaves it; None where it would be left without a value."""
    before = present.model_dump() if present else {}
    after = merge_patch.merged(before, patch.model_dump(exclude_unset=True))
    return NewAttribute.model_validate(after) if "value" in after else None
