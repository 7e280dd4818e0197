"""Queries over scoring models."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import db
from crmkit.web import lists
from segment.scoring_models.errors import ScoringModelChanged
from segment.scoring_models.models import ScoringModelRow
from segment.scoring_models.schemas import NewScoringModel, ScoringModel, ScoringModelQuery

MODELS: Final = lists.List(
    select(ScoringModelRow), ScoringModelQuery, columns=ScoringModelRow.__mapper__.c, model=ScoringModel
)


async def insert_version(session: AsyncSession, new: NewScoringModel) -> ScoringModelRow:
    """Raises: ScoringModelChanged (409) when somebody else made the same version."""
    latest = select(func.coalesce(func.max(ScoringModelRow.version), 0) + 1).where(ScoringModelRow.name == new.name)
    values = {"name": new.name, "version": latest.scalar_subquery(), "thresholds": new.thresholds.model_dump()}
    try:
        found = await session.scalars(insert(ScoringModelRow).values(values).returning(ScoringModelRow))
    except IntegrityError as error:
        if db.constraint(error) == "scoring_models_name_version_key":
            raise ScoringModelChanged from error
        raise
    return found.one()


async def find(session: AsyncSession, model_id: UUID) -> ScoringModelRow | None:
    return await session.get(ScoringModelRow, model_id)


async def find_latest(session: AsyncSession, name: str) -> ScoringModelRow | None:
    query = select(ScoringModelRow).where(ScoringModelRow.name == name).order_by(ScoringModelRow.version.desc())
    return (await session.scalars(query.limit(1))).one_or_none()
