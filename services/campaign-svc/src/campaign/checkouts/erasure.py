"""What an erased customer leaves in checkouts, feeds and kept answers, and how it is taken out."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from asyncpg import Connection

# Erasing is rare and events are many: one reading of the whole outbox costs less than an index on every event's way.
_UNHURRIED: Final = "set local statement_timeout = 0"
_FORGET_BUYERS: Final = """
update checkouts set customer = null, handle_kind = null, handle_value = null
from (select distinct kind, value from customer_handles where customer_id = any($1)) as erased
where checkouts.handle_kind = erased.kind and checkouts.handle_value = erased.value
returning checkouts.id
"""
_BLANK_EVENTS: Final = """
update outbox set data = (data::jsonb || '{"customer": null}')::json
where source in (select '/v1/checkouts/' || id from unnest($1::uuid[]) as id)
"""
# Whoever repeats the request acts anew.
_DROP_ANSWERS: Final = """
delete from idempotency
where exists (select from unnest($1::uuid[]) as id where position(convert_to(id::text, 'UTF8') in body) > 0)
"""
# An event of theirs that could not be applied need not be tried again: it would have no effect.
_DROP_PARKED: Final = "delete from feed_parked where subject = any($1::uuid[]::text[])"


async def erase_traces(connection: Connection, ids: Sequence[UUID]) -> None:
    """Make the checkouts anonymous that name these customers by a handle, while their handles are still known."""
    await connection.execute(_DROP_PARKED, ids)
    checkouts = [row["id"] for row in await connection.fetch(_FORGET_BUYERS, ids)]
    if checkouts:
        await connection.execute(_UNHURRIED)
        await connection.execute(_BLANK_EVENTS, checkouts)
        await connection.execute(_DROP_ANSWERS, checkouts)
