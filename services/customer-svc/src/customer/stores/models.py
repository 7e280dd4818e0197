"""The table of stores."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from crmkit.data.db import Base


class StoreRow(Base):
    __tablename__ = "stores"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    version: Mapped[int] = mapped_column(server_default="1")
    store_id: Mapped[str]
    name: Mapped[str | None]
    address: Mapped[str | None]
    time_zone: Mapped[str | None]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
