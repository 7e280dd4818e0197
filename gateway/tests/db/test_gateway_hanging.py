"""A database that hangs: its connection stays open and says nothing. Nobody waits for it for ever."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from crmkit.data import db
from crmkit.data.db import Database
from crmkit.problems import Unavailable
from crmkit.testing import eventually
from gateway import readiness
from gateway.access import directory as directories
from gateway.access import keys
from gateway.access import refusals as refusing
from gateway.access.admission import Admission
from gateway.access.directory import Directory, following
from gateway.access.limits import Peers
from gateway.access.refusals import Refusals, RefusedRequest
from gateway.access.scopes import Scope
from gateway.routing import ROWS

# Many times what the database is given to answer: without a limit it would be reached.
SOON_S = 5

Hang = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture(autouse=True)
def impatient(monkeypatch) -> None:
    for module in (directories, refusing):
        monkeypatch.setattr(module, "DATABASE_TIMEOUT_S", 0.2)
    monkeypatch.setattr(db, "PING_WITHIN_S", 0.2)


@pytest.fixture
def hang(pool: Database) -> Hang:
    """While it lasts the server's process behind the pool's one connection is stopped; another connection works."""

    @contextlib.asynccontextmanager
    async def lasting() -> AsyncIterator[None]:
        async with pool.connection() as connection:
            pid = await connection.fetchval("select pg_backend_pid()")
        os.kill(pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(SOON_S):
                yield
        finally:
            os.kill(pid, signal.SIGCONT)

    return lasting


async def test_a_revocation_is_found_over_another_connection(pool, hang, settings, make_client, database) -> None:
    made = await make_client(Scope.CUSTOMERS_READ)
    digest = keys.digest(made.key.encode())
    directory = Directory(pool)
    await directory.find(digest)

    async def forgotten() -> bool:
        return directory.known(digest) is None

    async with hang():
        async with database.connection() as connection:
            await connection.execute("update clients set revoked_at = now() where id = $1", made.client.id)
        async with following(directory, settings, poll_s=0.05):
            await eventually(forgotten)


async def test_a_new_key_is_told_to_come_again(pool, hang) -> None:
    admission = Admission(Directory(pool), Refusals(pool), Peers(60))
    async with hang():
        with pytest.raises(Unavailable):
            await admission.recognise(keys.generate("web-shop").encode(), "10.0.0.1", ROWS[0])


async def test_refusals_are_kept_for_later(pool, hang) -> None:
    refusals = Refusals(pool)
    refusals.add(RefusedRequest("peer:10.0.0.1", "/v1/customers", "unauthenticated"))
    async with hang():
        await refusals.flush()
    assert refusals._counts.total() == 1


async def test_the_gateway_is_not_ready(pool, hang, edge, gateway_url) -> None:
    async with hang():
        with pytest.raises(Unavailable):
            await readiness.Watch(pool, edge.app.state.upstreams).readiness()
