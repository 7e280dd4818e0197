"""Periodic cleaning up; whether a reservation has lapsed is never decided here."""

from typing import Final

from campaign.checkouts import repository
from campaign.lists import repository as lists
from crmkit.data.db import Database

AT_ONCE: Final = 500


async def expire_reservations(database: Database) -> None:
    """Free the coupons, then close the checkouts and release their budgets, a few hundred per transaction."""
    for lapse in (repository.lapse_coupons, repository.lapse_checkouts):
        lapsed = AT_ONCE
        while lapsed == AT_ONCE:
            async with database.connection() as connection, connection.transaction():
                lapsed = await lapse(connection, AT_ONCE)


async def forget_audiences(database: Database) -> None:
    """Drop the audiences that jobs which have ended had staged."""
    async with database.begin() as session:
        await lists.forget_audiences(session)
