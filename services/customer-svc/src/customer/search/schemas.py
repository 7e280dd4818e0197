"""What is asked to find customers."""

from typing import Annotated, Literal

from pydantic import Field

from crmkit.data.instants import Instant
from crmkit.web import lists
from customer.customers.schemas import Kind
from customer.references.schemas import Source


class CustomerQuery(lists.ListQuery):
    """With `q` the likest come first, unless `sort` says otherwise."""

    sort: Literal["created_at", "-created_at"] = "created_at"
    ids: lists.Ids
    q: str | None = Field(None, min_length=1, max_length=100, description="part of a name, roughly")
    kind: lists.AnyOf[Kind]
    created_at_gte: Instant | None = None
    created_at_lt: Instant | None = None


class LikestQuery(CustomerQuery):
    sort: Literal["likeness", "-likeness"] = "-likeness"  # type: ignore[assignment]


class Lookup(lists.ListQuery):
    """Exactly one handle."""

    sort: Literal["created_at", "-created_at"] = "created_at"
    phone: str | None = None
    email: str | None = None
    card: str | None = None
    external_id: str | None = None
    source: Annotated[Source | None, Field(description="of the external id")] = None
