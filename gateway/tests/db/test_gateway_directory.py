"""The clients kept in the process."""

import asyncio

from crmkit.testing import eventually
from gateway.access import keys
from gateway.access.directory import Directory
from gateway.access.scopes import Scope

WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%key_digest = any%'"


async def test_a_client_found_during_a_refresh_is_kept_with_its_bucket(database, make_client) -> None:
    known, new = [keys.digest((await make_client(Scope.CUSTOMERS_READ)).key.encode()) for _ in range(2)]
    directory, other = Directory(database), Directory(database)
    await directory.find(known)
    found = await other.find(new)

    async def refreshing() -> bool:
        async with database.connection() as connection:
            return await connection.fetchval(WAITING) > 0

    async with asyncio.TaskGroup() as tasks, database.connection() as holder, holder.transaction():
        await holder.execute("lock table clients in access exclusive mode")
        tasks.create_task(directory.refresh())
        await eventually(refreshing, within_s=1)
        directory._known[new] = found
    assert directory.known(new) is found
