"""Scoring runs as they are stored; a run has the id of its job."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, FetchedValue
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import Mapped, mapped_column

from crmkit.data.db import Base


class ScoringRunRow(Base):
    __tablename__ = "scoring_runs"

    id: Mapped[UUID] = mapped_column("run_id", primary_key=True)
    model_id: Mapped[UUID]
    as_of: Mapped[date]
    currency: Mapped[str]
    minor_unit: Mapped[Decimal]
    customer_count: Mapped[int | None]
    ranked_count: Mapped[int | None]
    revenue_amount: Mapped[int | None]
    margin_amount: Mapped[int | None]
    ranked_by: Mapped[str | None]
    amount_threshold: Mapped[float | None]
    refused: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=FetchedValue())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class CurrentRunRow(Base):
    """The run that answers when no date is asked for, by model."""

    __tablename__ = "current_run"

    model_name: Mapped[str] = mapped_column(primary_key=True)
    run_id: Mapped[UUID]
    as_of: Mapped[date]
