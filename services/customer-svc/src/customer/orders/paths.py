"""What names an order in a path."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from customer.orders.errors import OrderNotFound
from customer.references.paths import by_handle

_FIND = "select order_id from order_keys where source = $1 and external_id = $2"

OrderId = Annotated[UUID, Depends(by_handle("order", _FIND, OrderNotFound))]
