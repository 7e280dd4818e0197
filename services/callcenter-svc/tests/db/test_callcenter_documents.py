"""What Postgres tells of a resource is what its schema publishes."""

import pytest
from pydantic import BaseModel

from callcenter.calls.schemas import Call
from callcenter.surveys.schemas import SurveyResponse
from callcenter.tickets.schemas import Message, Ticket
from crmkit.data.db import Database
from crmkit.testing import document_keys


@pytest.mark.parametrize(
    ("function", "table", "schema"),
    [
        ("ticket_document", "tickets", Ticket),
        ("ticket_message_document", "ticket_messages", Message),
        ("call_document", "calls", Call),
        ("survey_response_document", "survey_responses", SurveyResponse),
    ],
)
async def test_a_document_has_the_members_of_its_schema(
    database: Database, function: str, table: str, schema: type[BaseModel]
) -> None:
    async with database.connection() as connection:
        keys = await document_keys(connection, function, table)
    assert keys == {field.alias or name for name, field in schema.model_fields.items()}
