"""Satisfaction answers in the database."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import Select, Text, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.references.repository import customer_json, erasing, linking, resolution, time_json
from callcenter.schemas import Told
from callcenter.surveys.errors import SurveyResponseNotFound, UnknownTicket
from callcenter.surveys.models import SurveyResponse
from crmkit.data import db
from crmkit.events import outbox
from crmkit.web import fast


def response_json(row: str) -> str:
    """An answer as its GET answers it, from the alias of a row that has the table's columns."""
    return f"""json_build_object(
        'id', {row}.id, 'version', {row}.version, 'kind', {row}.kind, 'class', {row}.class, 'score', {row}.score,
        'perceived', {row}.perceived, 'expected', {row}.expected, 'comment', {row}.comment,
        'ticket_id', {row}.ticket_id, 'customer', {customer_json(row)},
        'answered_at', {time_json(f"{row}.answered_at")}, 'created_at', {time_json(f"{row}.created_at")},
        'updated_at', {time_json(f"{row}.updated_at")})"""


DOCUMENT: Final = literal_column(f"{response_json('survey_responses')}::text", Text).label("document")
LINK: Final = linking("survey_responses", "survey_response", response_json)
ERASE: Final = erasing("survey_responses", "survey_response", response_json, blank="comment = null")

# An answer without a customer of its own has its ticket's, as far as that is known.
_INSERT: Final = f"""
with given as (
    select * from json_to_recordset($5::json) as given(kind text, class text, score smallint, perceived numeric,
        expected numeric, comment text, ticket_id uuid, handle_kind text, handle_value text, answered_at timestamptz,
        created_at timestamptz)
), concerning as (
    select given.kind, given.class, given.score, given.perceived, given.expected, given.comment, given.ticket_id,
        given.answered_at, given.created_at,
        case when given.handle_kind is null then ticket.handle_kind else given.handle_kind end as handle_kind,
        case when given.handle_kind is null then ticket.handle_value else given.handle_value end as handle_value,
        case when given.handle_kind is null then ticket.resolution else found.resolution end as resolution,
        case when given.handle_kind is null then ticket.customer_id else found.customer_id end as customer_id,
        case when given.handle_kind is null then coalesce(ticket.candidates, '{{}}') else found.candidates end
            as candidates
    from given left join tickets as ticket on ticket.id = given.ticket_id
    cross join lateral {resolution("given.handle_kind", "given.handle_value")} as found
), made as (
    insert into survey_responses (id, kind, class, score, perceived, expected, comment, ticket_id, answered_at,
        created_at, updated_at, handle_kind, handle_value, resolution, customer_id, candidates)
    select uuidv7(), kind, class, score, perceived, expected, comment, ticket_id, answered_at,
        created_at, created_at, handle_kind, handle_value, resolution, customer_id, candidates
    from concerning returning *
), rendered as (
    select id, customer_id, {response_json("made")} as document from made
), emitted as (
    insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
    select 'perennial.survey_response.recorded.v1', '/v1/survey-responses/' || id, customer_id::text, document,
        {fast.ORIGIN}
    from rendered
)
select id, document::text from rendered
"""


class NewRow(msgspec.Struct, kw_only=True, rename={"class_": "class"}):
    """An answer to be inserted."""

    kind: str
    class_: str
    score: int | None
    perceived: Decimal | None
    expected: Decimal | None
    comment: str | None
    ticket_id: UUID | None
    handle_kind: str | None
    handle_value: str | None
    answered_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Which answers a list shows; None leaves a field free."""

    kind: str | None = None
    class_: str | None = None
    ticket_id: UUID | None = None
    customer_id: UUID | None = None
    created_at_gte: datetime | None = None
    created_at_lt: datetime | None = None


def survey_responses(chosen: Filter) -> Select[Any]:
    """The filtered answers, as told."""
    query = select(DOCUMENT).select_from(SurveyResponse)
    for name in ("kind", "class_", "ticket_id", "customer_id"):
        if (value := getattr(chosen, name)) is not None:
            query = query.where(getattr(SurveyResponse, name) == value)
    if chosen.created_at_gte is not None:
        query = query.where(SurveyResponse.created_at >= chosen.created_at_gte)
    if chosen.created_at_lt is not None:
        query = query.where(SurveyResponse.created_at < chosen.created_at_lt)
    return query


async def insert_response(session: AsyncSession, row: NewRow) -> tuple[UUID, Told]:
    """Record one answer, with its event. Raises UnknownTicket."""
    connection = await db.driver(session)
    try:
        made = await connection.fetchrow(_INSERT, *outbox.context_values(), msgspec.json.encode([row]).decode())
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownTicket(row.ticket_id) from error
    return made["id"], Told(made["document"], 1)


async def read_response(session: AsyncSession, id_: UUID) -> Told:
    """The answer as told. Raises SurveyResponseNotFound."""
    query = select(DOCUMENT, SurveyResponse.version).where(SurveyResponse.id == id_)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise SurveyResponseNotFound(id_)
    return Told(row.document, row.version)
