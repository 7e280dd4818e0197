"""Redemptions as they are stored."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from crmkit.data.db import Base


class RedemptionRow(Base):
    __tablename__ = "redemptions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    status: Mapped[str]
    coupon_id: Mapped[UUID]
    code: Mapped[str]
    offer_id: Mapped[UUID]
    campaign_id: Mapped[UUID | None]
    sponsor_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    checkout_id: Mapped[UUID | None]
    store_id: Mapped[str]
    order_source: Mapped[str | None]
    order_external_id: Mapped[str | None]
    currency: Mapped[str]
    discount_amount: Mapped[int]
    sponsor_amount: Mapped[int]
    redeemed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    reversed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Redeemed(msgspec.Struct, frozen=True, kw_only=True):
    """A redemption to be written, as JSON gives its row."""

    id: UUID
    coupon_id: UUID
    code: str
    offer_id: UUID
    campaign_id: UUID | None
    sponsor_id: UUID | None
    customer_id: UUID | None
    checkout_id: UUID | None
    store_id: str
    order_source: str | None
    order_external_id: str | None
    currency: str
    discount_amount: int
    sponsor_amount: int
    redeemed_at: datetime
    version: int = 1
    status: str = "redeemed"
