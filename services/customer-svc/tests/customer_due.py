"""What is due, done at once."""

from crmkit.data.db import Database
from crmkit.work import due
from customer.settings import Settings
from customer.worker import create_worker


async def do_what_is_due(database: Database) -> None:
    """All of it, whenever it would have been due."""
    worker = create_worker(Settings(database_url="", token_public_key=""))
    async with database.connection() as connection:
        await connection.execute("update due set at = now()")
    while await due.work_once(database, worker.due):
        pass
