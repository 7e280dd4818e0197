"""A database that takes no connections for a while: keys go on working, what happened meanwhile is caught up with."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import psycopg
import pytest

from crmkit.data.db import Database
from crmkit.problems import Unavailable
from crmkit.testing import eventually
from gateway.access import directory as directories
from gateway.access import keys
from gateway.access.admission import Admission
from gateway.access.directory import Directory, following
from gateway.access.limits import Peers
from gateway.access.refusals import KINDS, Refusals, RefusedRequest
from gateway.access.scopes import Scope
from gateway.routing import ROWS
from gateway.settings import Settings

POLL_S = 0.05

Outage = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def outage(pool: Database, postgres_url: str, settings: Settings) -> Outage:
    """While it lasts the pool has no connection, and the server gives it none: 53300, as 57P03 when it starts up."""
    name = settings.database_url.rpartition("/")[2]

    @contextlib.asynccontextmanager
    async def lasting() -> AsyncIterator[None]:
        with psycopg.connect(postgres_url, autocommit=True) as admin:
            admin.execute(f"alter database {name} connection limit 0")
            try:
                await pool.close()
                yield
            finally:
                admin.execute(f"alter database {name} connection limit -1")

    return lasting


async def test_a_revocation_after_an_outage_is_found(
    pool, outage, settings, make_client, database, monkeypatch
) -> None:
    made = await make_client(Scope.CUSTOMERS_READ)
    digest = keys.digest(made.key.encode())
    directory = Directory(pool)
    await directory.find(digest)
    failures: list[str] = []
    monkeypatch.setattr(directories.log, "warning", lambda event, **_: failures.append(event))

    async def failed() -> bool:
        return "clients_not_refreshed" in failures

    async def forgotten() -> bool:
        return directory.known(digest) is None

    async with following(directory, settings, POLL_S):
        async with outage():
            await eventually(failed, within_s=5)
        assert directory.known(digest)
        async with database.connection() as connection:
            await connection.execute("update clients set revoked_at = now() where id = $1", made.client.id)
        await eventually(forgotten, within_s=5)


async def test_refusals_counted_in_an_outage_are_written_after_it(pool, outage, database) -> None:
    refusals = Refusals(pool)
    actor = f"peer:{uuid.uuid4()}"
    refusals.add(RefusedRequest(actor, "/v1/customers", "unauthenticated"))
    async with outage():
        await refusals.flush()
    refusals.add(RefusedRequest(actor, "/v1/customers", "unauthenticated"))
    await refusals.flush()
    async with database.connection() as connection:
        assert await connection.fetchval("select sum(count) from audit where actor = $1", actor) == 2


async def test_an_outage_keeps_no_more_kinds_of_refusals_than_fit(pool, outage) -> None:
    refusals = Refusals(pool)

    def count_many(prefix: str) -> None:
        for number in range(KINDS):
            refusals.add(RefusedRequest(f"peer:{prefix}{number}", "/v1/customers", "unauthenticated"))

    count_many("before")
    async with outage():
        flushing = asyncio.create_task(refusals.flush())
        await asyncio.sleep(0)
        count_many("meanwhile")
        await flushing
    assert len(refusals._counts) == KINDS + 1
    assert refusals._counts.total() == 2 * KINDS


async def test_a_new_key_in_an_outage_is_told_to_come_again(pool, outage) -> None:
    admission = Admission(Directory(pool), Refusals(pool), Peers(60))
    async with outage():
        with pytest.raises(Unavailable):
            await admission.recognise(keys.generate("web-shop").encode(), "10.0.0.1", ROWS[0])


async def test_a_new_key_with_every_connection_taken_is_told_to_come_again(pool, monkeypatch) -> None:
    monkeypatch.setattr(pool.engine.pool, "_timeout", 0.05)
    admission = Admission(Directory(pool), Refusals(pool), Peers(60))
    async with pool.connection():
        with pytest.raises(Unavailable):
            await admission.recognise(keys.generate("web-shop").encode(), "10.0.0.1", ROWS[0])
