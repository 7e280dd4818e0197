"""What happens to satisfaction answers: they are classed and recorded."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.surveys import repository
from callcenter.surveys.schemas import NewSurveyResponse
from crmkit.web.told import Told


async def record_response(session: AsyncSession, new: NewSurveyResponse, region: str) -> tuple[UUID, Told]:
    """Class the answer and link it to its ticket and customer. Raises UnknownTicket (422)."""
    now = datetime.now(UTC)
    handle = new.customer.handle(region) if new.customer else None
    columns = new.model_dump(mode="json", exclude={"customer"}) | {
        "class": new.survey_class(),
        "version": 1,
        "handle_kind": handle and handle.kind,
        "handle_value": handle and handle.value,
        "answered_at": new.answered_at or now,
        "created_at": now,
        "updated_at": now,
    }
    return await repository.insert_response(session, columns)
