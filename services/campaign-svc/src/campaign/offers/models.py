"""Offers as they are stored."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crmkit.data.db import Base


class OfferRow(Base):
    """`value` is in basis points for a percentage, else in minor units; the API shows it as percent or amount."""

    __tablename__ = "offers"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    kind: Mapped[str]
    value: Mapped[int]
    currency: Mapped[str]
    target: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ladder: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    priority: Mapped[int] = mapped_column(default=100)
    per_customer_limit: Mapped[int | None]
    regular_amount: Mapped[int | None]
    minimum_quantity: Mapped[Decimal | None]
    minimum_spend_amount: Mapped[int | None]
    sponsor_id: Mapped[UUID | None]
    sponsor_share: Mapped[Decimal]
    starts_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
