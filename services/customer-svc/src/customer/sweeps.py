"""Periodic cleaning up."""

from crmkit.db import Database
from customer.imports import repository as imports


async def forget_bodies(database: Database) -> None:
    """Drop what imports that failed or were cancelled did not take; one that succeeded has dropped it all."""
    async with database.connection() as connection:
        await imports.forget(connection)
