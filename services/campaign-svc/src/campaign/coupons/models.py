"""Coupons and their batches as they are stored."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue
from sqlalchemy.orm import Mapped, mapped_column

from crmkit.data.db import Base


class CouponRow(Base):
    __tablename__ = "coupons"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    code: Mapped[str]
    offer_id: Mapped[UUID]
    campaign_id: Mapped[UUID | None]
    shopping_list_id: Mapped[UUID | None]
    batch_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    status: Mapped[str]
    value: Mapped[int]
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    valid_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    checkout_id: Mapped[UUID | None]
    reserved_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    redeemed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class CouponBatchRow(Base):
    __tablename__ = "coupon_batches"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    version: Mapped[int] = mapped_column(default=1)
    offer_id: Mapped[UUID]
    campaign_id: Mapped[UUID | None]
    count: Mapped[int]
    issued_count: Mapped[int] = mapped_column(default=0)
    per_customer_limit: Mapped[int | None]
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    valid_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    job_id: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
