"""Shopping lists as they are stored."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from campaign.schemas import CustomerId
from crmkit.data.db import Base


class ShoppingListRow(Base):
    __tablename__ = "shopping_lists"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    campaign_id: Mapped[UUID]
    as_of: Mapped[date]
    list_code: Mapped[str]
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    valid_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))

    @property
    def customer(self) -> CustomerId:
        return CustomerId(id=self.customer_id)
