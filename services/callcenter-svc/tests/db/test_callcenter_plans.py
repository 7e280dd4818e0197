"""The hot and the set statements find their rows by index, however large the tables grow."""

import uuid

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.references.repository import unresolved
from callcenter.screen_pop.fast import SCREEN_POP
from crmkit.data.db import driver

HANDLES = (["phone"], ["+14155550100"], [None], [None])


@pytest.mark.parametrize(
    ("sql", "args"),
    [
        (SCREEN_POP, ("+14155550100",)),
        (f"select noun.id, found.* {unresolved('tickets')}", HANDLES),
        (f"select noun.id, found.* {unresolved('calls')}", HANDLES),
        ("select id from calls where call_id = any($1)", (["x"],)),
        ("select received_at, event::text from call_events where call_id = $1", ("x",)),
        ("select id from tickets where customer_id = $1 order by id desc limit 5", (uuid.uuid4(),)),
    ],
    ids=[
        "screen pop",
        "unresolved tickets",
        "unresolved calls",
        "calls by call_id",
        "events of a call",
        "a customer's tickets",
    ],
)
async def test_no_table_is_read_whole(session: AsyncSession, sql: str, args: tuple[object, ...]) -> None:
    connection = await driver(session)
    await connection.execute("set local enable_seqscan = off")
    plan = "\n".join(row[0] for row in await connection.fetch(f"explain {sql}", *args))
    assert "Seq Scan" not in plan
