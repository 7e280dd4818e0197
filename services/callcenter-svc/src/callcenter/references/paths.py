"""Customers as paths name them: by id, or by an external id that the customer feed has told."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends

from crmkit.problems import NotFound
from crmkit.web import handles

_BY_EXTERNAL_ID: Final = (
    "select customer_id from customer_handles where kind = 'external_id' and value = $1::text || ':' || $2::text"
)


class CustomerNotFound(NotFound):
    code, title = "customer_not_found", "There is no such customer"


CustomerId = Annotated[
    UUID,
    Depends(handles.resolving("customer", missing=CustomerNotFound, ext=_BY_EXTERNAL_ID, parameter="customer_id")),
]
