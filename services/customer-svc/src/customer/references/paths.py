"""What names one thing in a path: its id, or `ext:{source}:{external_id}`, percent-encoded."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Path

from crmkit.data.db import driver
from crmkit.problems import FieldError, Invalid, NotFound
from crmkit.web.sessions import Session
from customer.references.errors import CustomerNotFound

Resolve = Callable[[Session, str], Awaitable[UUID]]

_CUSTOMER: Final = "select customer_id from customer_keys where kind = 'external_id' and source = $1 and value = $2"
_EXISTS: Final = "select exists (select from customers where id = $1)"


def by_handle(noun: str, sql: str, missing: type[NotFound]) -> Resolve:
    """The id that the path's `{id}` means. sql: what finds it by source ($1) and external id ($2)."""

    async def resolve(
        session: Session, id: Annotated[str, Path(description=f"the {noun}'s id, or `ext:source:external_id`")]
    ) -> UUID:
        if not id.startswith("ext:"):
            return _uuid(id)
        _, source, external_id = (*id.split(":", 2), "")[:3]
        found: UUID | None = await (await driver(session)).fetchval(sql, source, external_id)
        if found is None:
            raise missing(f"No {noun} has the external id {external_id!r} of {source!r}.")
        return found

    return resolve


def _uuid(id: str) -> UUID:
    try:
        return UUID(id)
    except ValueError as error:
        detail = "an id is a UUID, or ext:source:external_id"
        raise Invalid(f"/path/id: {detail}", errors=[FieldError("/path/id", detail)]) from error


CustomerId = Annotated[UUID, Depends(by_handle("customer", _CUSTOMER, CustomerNotFound))]


async def _known(session: Session, id: CustomerId) -> UUID:
    if not await (await driver(session)).fetchval(_EXISTS, id):
        raise CustomerNotFound(f"There is no customer {id}.")
    return id


# Of lists of something of a customer's: 404 where there is none, not an empty list.
KnownCustomer = Annotated[UUID, Depends(_known)]
