"""Calls as stored."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.references.models import Concerning
from crmkit.data.db import Base

_INSTANT = DateTime(timezone=True)


class Call(Concerning, Base):
    __tablename__ = "calls"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    call_id: Mapped[str]
    version: Mapped[int]
    status: Mapped[str]
    direction: Mapped[str | None]
    from_number: Mapped[str | None]
    to_number: Mapped[str | None]
    agent: Mapped[str | None]
    disposition: Mapped[str | None]
    recording_url: Mapped[str | None]
    ringing_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    answered_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    ended_at: Mapped[datetime | None] = mapped_column(_INSTANT)
    created_at: Mapped[datetime] = mapped_column(_INSTANT)
    updated_at: Mapped[datetime] = mapped_column(_INSTANT)
