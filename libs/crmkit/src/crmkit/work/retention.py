"""What is kept only for a while."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import asyncpg

from crmkit.work.due import Due, Every


async def forget_answers(connection: asyncpg.Connection, _: Sequence[Due]) -> None:
    """Kept answers are good for 24 hours."""
    await connection.execute("delete from idempotency where created_at < now() - interval '24 hours'")


EVERY: Final[Every] = {"forget_answers": (timedelta(minutes=1), forget_answers)}
