"""Redemptions as they are stored."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from campaign.redemptions.schemas import OrderName
from campaign.schemas import CustomerId
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

    @property
    def customer(self) -> CustomerId | None:
        return CustomerId(id=self.customer_id) if self.customer_id else None

    @property
    def order(self) -> OrderName | None:
        if self.order_external_id is None or self.order_source is None:
            return None
        return OrderName(external_id=self.order_external_id, source=self.order_source)
