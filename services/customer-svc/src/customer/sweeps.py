"""Periodic cleaning up."""

from datetime import UTC, datetime, timedelta
from typing import Final

from crmkit.data.db import Database
from customer.imports import repository as imports

# An upload that pauses longer is taken for dead.
IDLE: Final = timedelta(hours=1)


async def forget_bodies(database: Database) -> None:
    """Drop what imports that failed or were cancelled did not take, and what came of uploads whose process died."""
    async with database.connection() as connection:
        await imports.forget(connection, idle_since=datetime.now(UTC) - IDLE)
