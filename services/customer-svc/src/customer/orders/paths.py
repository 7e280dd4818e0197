"""What names an order in a path."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from crmkit.web import handles
from customer.orders.errors import OrderNotFound

_FIND = "select order_id from order_keys where source = $1 and external_id = $2"

OrderId = Annotated[UUID, Depends(handles.resolving("order", missing=OrderNotFound, ext=_FIND))]
