"""What names a customer in a path."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends

from crmkit.data.db import driver
from crmkit.web import handles
from crmkit.web.sessions import Session
from customer.references.errors import CustomerNotFound

_CUSTOMER: Final = "select customer_id from customer_keys where kind = 'external_id' and source = $1 and value = $2"
_EXISTS: Final = "select exists (select from customers where id = $1)"


CustomerId = Annotated[UUID, Depends(handles.resolving("customer", missing=CustomerNotFound, ext=_CUSTOMER))]


async def _known(session: Session, id: CustomerId) -> UUID:
    if not await (await driver(session)).fetchval(_EXISTS, id):
        raise CustomerNotFound(f"There is no customer {id}.")
    return id


# Of lists of something of a customer's: 404 where there is none, not an empty list.
KnownCustomer = Annotated[UUID, Depends(_known)]
