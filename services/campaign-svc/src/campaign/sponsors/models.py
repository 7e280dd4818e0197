"""Sponsors as they are stored."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue
from sqlalchemy.orm import Mapped, mapped_column

from crmkit.data.db import Base


class SponsorRow(Base):
    __tablename__ = "sponsors"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=FetchedValue())
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    manufacturer_id: Mapped[str | None]
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
