"""Shapes that several nouns of this service take and give."""

from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, Field, PlainSerializer, StringConstraints, model_validator

from crmkit.data.instants import Instant
from crmkit.web.bodies import Body

DEFAULT_SOURCE: Final = "default"
# The default of a patch's field that may be left out but not be null; `model_fields_set` tells what was given.
UNSET: Final[Any] = None


def _number(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


AsNumber = PlainSerializer(_number, return_type=int | float, when_used="json")
Quantity = Annotated[Decimal, Field(ge=0, lt=10**9, decimal_places=3), AsNumber]
Share = Annotated[Decimal, Field(ge=0, le=1, decimal_places=4, description="0 to 1"), AsNumber]
Percent = Annotated[Decimal, Field(gt=0, le=100, decimal_places=2), AsNumber]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Handle = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Source = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,64}$")]


class ProductRef(Body):
    """A product by its id, or by the external id that a source gave it."""

    id: UUID | None = None
    external_id: Handle | None = None
    source: Source = DEFAULT_SOURCE

    @model_validator(mode="after")
    def _names_one(self) -> "ProductRef":
        if (self.id is None) == (self.external_id is None):
            raise ValueError("give exactly one of id, external_id")
        return self


class CustomerRef(Body):
    """A customer by any one handle."""

    id: UUID | None = None
    external_id: Handle | None = None
    source: Source = DEFAULT_SOURCE
    phone: Handle | None = None
    email: Handle | None = None
    card: Handle | None = None

    @model_validator(mode="after")
    def _names_one(self) -> "CustomerRef":
        handles = (self.id, self.external_id, self.phone, self.email, self.card)
        if sum(handle is not None for handle in handles) != 1:
            raise ValueError("give exactly one of id, external_id, phone, email, card")
        return self

    def as_given(self) -> dict[str, str]:
        """The one handle, an external id with its source."""
        given: dict[str, str] = self.model_dump(mode="json", exclude_none=True)
        return given if self.external_id is not None else {n: v for n, v in given.items() if n != "source"}


class OrderRef(Body):
    """The order that a purchase becomes, by the caller's own name for it."""

    external_id: Handle
    source: Source = DEFAULT_SOURCE
    placed_at: Instant | None = None


class CustomerId(BaseModel):
    """The customer of a resource: `{"id": ...}`."""

    id: UUID
