"""Satisfaction answers in the database."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import Text, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.projections.repository import summaries
from callcenter.references.repository import erasing, linking, looking_again, resolution
from callcenter.surveys import schemas
from callcenter.surveys.errors import SurveyResponseNotFound, UnknownTicket
from callcenter.surveys.models import SurveyResponse
from callcenter.surveys.schemas import SurveyResponseQuery
from crmkit.data import db
from crmkit.events import outbox
from crmkit.web import lists
from crmkit.web.told import Told

DOCUMENT: Final = literal_column("survey_response_document(survey_responses)::text", Text).label("document")
LINK: Final = linking("survey_responses", "survey_response")
ERASE: Final = erasing("survey_responses", "survey_response", blank="comment = null")

_TOLD: Final = outbox.telling("survey_response", "'recorded'", rows="made", document="document", subject="customer_id")
# $2: the row's columns. An answer without a customer of its own has its ticket's, as far as that is known.
_INSERT: Final = f"""
with made as (
    insert into survey_responses as made
    select response.*
    from (select json_populate_record(null::survey_responses, $2::json) as row) as given
    left join tickets as ticket on (given.row).handle_kind is null and ticket.id = (given.row).ticket_id
    cross join lateral {resolution("(given.row).handle_kind", "(given.row).handle_value")} as found
    cross join lateral json_populate_record(given.row, json_build_object(
        'id', uuidv7(),
        'handle_kind', coalesce((given.row).handle_kind, ticket.handle_kind),
        'handle_value', coalesce((given.row).handle_value, ticket.handle_value),
        'decided_by', coalesce(ticket.decided_by, 'rule'),
        'resolution', coalesce(found.resolution, ticket.resolution),
        'customer_id', coalesce(found.customer_id, ticket.customer_id),
        'candidates', coalesce(ticket.candidates, found.candidates))) as response
    returning made.id, made.customer_id, made.resolution, survey_response_document(made) as document
), told as ({_TOLD}), again as ({looking_again("made")})
select id, document::text from made
"""


SURVEY_RESPONSES: Final = lists.List(
    select(DOCUMENT).select_from(SurveyResponse),
    SurveyResponseQuery,
    columns=SurveyResponse.__table__.c,
    named={"class_": SurveyResponse.class_},
    model=schemas.SurveyResponse,
    document=DOCUMENT,
    expand={"customer": summaries},
)


async def insert_response(session: AsyncSession, row: Mapping[str, Any]) -> tuple[UUID, Told]:
    """Record one answer, with its event. Raises UnknownTicket."""
    connection = await db.driver(session)
    try:
        made = await connection.fetchrow(_INSERT, outbox.origin(), msgspec.json.encode(row).decode())
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownTicket(row["ticket_id"]) from error
    return made["id"], Told(made["document"], 1)


async def read_response(session: AsyncSession, id_: UUID) -> Told:
    """The answer as told. Raises SurveyResponseNotFound."""
    query = select(DOCUMENT, SurveyResponse.version).where(SurveyResponse.id == id_)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise SurveyResponseNotFound(id_)
    return Told(row.document, row.version)
