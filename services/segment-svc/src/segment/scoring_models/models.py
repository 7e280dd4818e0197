"""Scoring models as they are stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from crmkit.data.db import Base


class ScoringModelRow(Base):
    __tablename__ = "scoring_models"

    id: Mapped[UUID] = mapped_column("model_id", primary_key=True, server_default=FetchedValue())
    name: Mapped[str]
    version: Mapped[int]
    thresholds: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
