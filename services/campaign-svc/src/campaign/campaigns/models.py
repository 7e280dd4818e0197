"""Campaigns, their budgets and their members as they are stored."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, FetchedValue, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crmkit.data.db import Base


class CampaignRow(Base):
    __tablename__ = "campaigns"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    goal: Mapped[str]
    audience: Mapped[dict[str, Any]] = mapped_column(JSONB)
    offer_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    control_share: Mapped[Decimal]
    currency: Mapped[str]
    list_length: Mapped[int]
    coupon_valid_days: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    status: Mapped[str] = mapped_column(default="draft")
    launched_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())


class BudgetRow(Base):
    """What a campaign may spend; `reserved_amount + spent_amount` never exceeds `granted_amount`."""

    __tablename__ = "budgets"

    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    granted_amount: Mapped[int]
    reserved_amount: Mapped[int] = mapped_column(default=0)
    spent_amount: Mapped[int] = mapped_column(default=0)

    @property
    def remaining_amount(self) -> int:
        return self.granted_amount - self.reserved_amount - self.spent_amount


class BudgetEntryRow(Base):
    """One movement of a budget; entries are only ever added."""

    __tablename__ = "budget_entries"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    campaign_id: Mapped[UUID]
    kind: Mapped[str]
    amount: Mapped[int]
    checkout_id: Mapped[UUID | None]
    redemption_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
