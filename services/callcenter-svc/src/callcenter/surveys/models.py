"""Satisfaction answers as stored."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.references.models import Concerning
from crmkit.data.db import Base


class SurveyResponse(Concerning, Base):
    __tablename__ = "survey_responses"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    class_: Mapped[str] = mapped_column("class")
    ticket_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
