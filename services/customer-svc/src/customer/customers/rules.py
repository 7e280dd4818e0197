"""A posted customer, with its handles in their normal form."""

from dataclasses import dataclass
from typing import Any

from customer.customers.schemas import FIELDS, NewCustomer
from customer.references import rules as handles
from customer.references.rules import Handle


@dataclass(frozen=True, slots=True)
class Intake:
    """One customer on its way in. keys name it alone; contact points may be shared."""

    new: NewCustomer
    external: Handle | None
    cards: tuple[Handle, ...]
    contacts: tuple[Handle, ...]

    @property
    def keys(self) -> tuple[Handle, ...]:
        return (self.external, *self.cards) if self.external else self.cards

    @property
    def fields(self) -> dict[str, Any]:
        return {name: getattr(self.new, name) for name in FIELDS}


def read(new: NewCustomer, region: str) -> Intake:
    """The customer as it is stored. Raises Unreadable for a handle that is none."""
    phones = [handles.phone(value, region) for value in new.phones]
    emails = [handles.email(value) for value in new.emails]
    return Intake(
        new=new,
        external=handles.external_id(new.external_id, new.source) if new.external_id is not None else None,
        cards=tuple(dict.fromkeys(map(handles.card, new.cards))),
        contacts=tuple(dict.fromkeys((*phones, *emails))),
    )
