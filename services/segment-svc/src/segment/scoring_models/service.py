"""Scoring models: made as versions, never changed, so that every score can show what it was made with."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data import audit
from crmkit.events import outbox
from segment.scoring_models import repository
from segment.scoring_models.errors import ScoringModelNotFound, UnknownScoringModel
from segment.scoring_models.models import ScoringModelRow
from segment.scoring_models.schemas import NewScoringModel, ScoringModel


async def create_version(session: AsyncSession, new: NewScoringModel) -> ScoringModel:
    """Raises: ScoringModelChanged (409)."""
    row = await repository.insert_version(session, new)
    model = ScoringModel.model_validate(row, from_attributes=True)
    await outbox.emit(session, noun="scoring_model", verb="created", id=model.id, data=model)
    await audit.record(
        session, "create_scoring_model", f"/v1/scoring-models/{model.id}", f"{model.name}-{model.version}"
    )
    return model


async def get(session: AsyncSession, model_id: UUID) -> ScoringModelRow:
    """Raises: ScoringModelNotFound (404)."""
    row = await repository.find(session, model_id)
    if row is None:
        raise ScoringModelNotFound(f"There is no scoring model {model_id}.")
    return row


async def latest(session: AsyncSession, name: str) -> ScoringModelRow:
    """The newest version of the model of this name. Raises: UnknownScoringModel (422)."""
    row = await repository.find_latest(session, name)
    if row is None:
        raise UnknownScoringModel(f"There is no scoring model named {name!r}.")
    return row
