"""What names one thing in a path: its id, or `ext:{source}:{external_id}`, percent-encoded."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends

from crmkit.data.db import driver
from crmkit.problems import NotFound
from crmkit.web import handles
from crmkit.web.sessions import Session
from customer.references.errors import CustomerNotFound

_CUSTOMER: Final = "select customer_id from customer_keys where kind = 'external_id' and source = $1 and value = $2"
_EXISTS: Final = "select exists (select from customers where id = $1)"


def by_handle(noun: str, sql: str, missing: type[NotFound]) -> handles.Resolve:
    """The id that the path's `{id}` means. sql: what finds it by source ($1) and external id ($2)."""
    return handles.resolving(noun, missing=missing, ext=sql)


CustomerId = Annotated[UUID, Depends(by_handle("customer", _CUSTOMER, CustomerNotFound))]


async def _known(session: Session, id: CustomerId) -> UUID:
    if not await (await driver(session)).fetchval(_EXISTS, id):
        raise CustomerNotFound(f"There is no customer {id}.")
    return id


# Of lists of something of a customer's: 404 where there is none, not an empty list.
KnownCustomer = Annotated[UUID, Depends(_known)]
