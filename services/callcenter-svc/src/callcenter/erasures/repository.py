"""What is taken out of the feeds and out of the kept answers when a customer is erased."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

# Erasing is rare and events are many: one reading of the whole outbox costs less than an index on every event's way.
_UNHURRIED: Final = "set local statement_timeout = 0"

# An event becomes its resource as erasure left it, so that its readers can read on, but of the event's version.
# That is found as text, which no member's value can look like: Postgres cannot look into a document with \u0000 in it.
_VERSION: Final = r"""'"version"\s*:\s*\d+'"""
_BLANK_EVENTS: Final = rf"""
with erased as (
    select '/v1/tickets/' || id as source, ticket_document(tickets)::text as document
    from tickets where customer_id = any($1)
    union all
    select '/v1/ticket-messages/' || messages.id, ticket_message_document(messages)::text
    from ticket_messages as messages join tickets on tickets.id = ticket_id where customer_id = any($1)
    union all
    select '/v1/calls/' || id, call_document(calls)::text from calls where customer_id = any($1)
    union all
    select '/v1/survey-responses/' || id, survey_response_document(survey_responses)::text
    from survey_responses where customer_id = any($1)
)
update outbox set data = regexp_replace(coalesce(
        (select document from erased where erased.source = outbox.source),
        -- or it is another's by now, as a call may be whose numbers came late
        json_build_object('id', split_part(source, '/', 4), 'version', 0)::text
    ), {_VERSION}, substring(data::text from {_VERSION}))::json
where source in (select source from erased) or subject = any($1::text[])
"""

# An answer to be given again tells the resource as it was; whoever repeats its request acts anew.
_DROP_ANSWERS: Final = """
with erased as (
    select convert_to(id::text, 'UTF8') as id from (
        select id from tickets where customer_id = any($1)
        union all select id from calls where customer_id = any($1)
        union all select id from survey_responses where customer_id = any($1)
    ) as noun
)
delete from idempotency where exists (select from erased where position(erased.id in body) > 0)
"""

# An event of theirs that could not be applied, of whatever feed, need not be tried again: it would have no effect.
_DROP_PARKED: Final = "delete from feed_parked where subject = any($1::uuid[]::text[])"


async def erase_traces(connection: asyncpg.Connection, ids: Sequence[UUID]) -> None:
    """Take what events, parked ones too, and kept answers told of these customers away, once their rows are erased."""
    await connection.execute(_UNHURRIED)
    await connection.execute(_BLANK_EVENTS, ids)
    await connection.execute(_DROP_ANSWERS, ids)
    await connection.execute(_DROP_PARKED, ids)
