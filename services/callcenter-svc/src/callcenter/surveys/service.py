"""What happens to satisfaction answers: they are classed and recorded."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.schemas import Told
from callcenter.surveys import repository
from callcenter.surveys.schemas import NewSurveyResponse


async def record_response(session: AsyncSession, new: NewSurveyResponse, region: str) -> tuple[UUID, Told]:
    """Class the answer and link it to its ticket and customer. Raises UnknownTicket (422)."""
    now = datetime.now(UTC)
    handle = new.customer.handle(region) if new.customer else None
    row = repository.NewRow(
        kind=new.kind,
        class_=new.survey_class(),
        score=new.score,
        perceived=new.perceived,
        expected=new.expected,
        comment=new.comment,
        ticket_id=new.ticket_id,
        handle_kind=handle.kind if handle else None,
        handle_value=handle.value if handle else None,
        answered_at=new.answered_at or now,
        created_at=now,
    )
    return await repository.insert_response(session, row)
