"""The pool under cancelled requests and a restarted database."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from uuid import uuid4

import asyncpg
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from crmkit.data import db
from crmkit.data.db import Database
from crmkit.events import outbox
from crmkit.settings import Settings
from crmkit.testing import ADMIN, Service, TestClient, eventually


@pytest.fixture
async def narrow(settings: Settings) -> Database:
    """A pool of two: what is not given back is missed at once."""
    return Database.of(settings.model_copy(update={"pool_size": 2}))


async def sleeps(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(
            await connection.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()"
            )
        )


async def backend_is_idle(database: Database, marker: str) -> bool:
    async with database.connection() as connection:
        return not await connection.fetchval(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and state like 'idle in transaction%' and query like $1",
            f"%{marker}%",
        )


async def waits_for_a_lock(database: Database) -> bool:
    async with database.connection() as connection:
        return bool(await connection.fetchval("select count(*) from pg_locks where not granted"))


async def statement(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("select pg_sleep(30)")


async def transaction(database: Database) -> None:
    async with database.connection() as connection, connection.transaction():
        await connection.execute("select pg_sleep(30)")


async def session(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(text("select pg_sleep(30)"))


@pytest.mark.parametrize("work", [statement, transaction, session])
async def test_a_cancelled_task_gives_its_connection_back_clean(
    narrow: Database, database: Database, work: Callable[[Database], Awaitable[None]]
) -> None:
    for _ in range(4):
        task = asyncio.ensure_future(work(narrow))
        await eventually(lambda: sleeps(database))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with narrow.connection() as one, narrow.connection() as other:
        for connection in (one, other):
            assert not connection.is_in_transaction()
            assert await connection.fetchval("select 1") == 1
    assert await backend_is_idle(database, "pg_sleep")
    await narrow.close()


async def test_a_transaction_cancelled_as_it_begins_is_not_handed_on(narrow: Database) -> None:
    async def begin_and_vanish() -> None:
        async with narrow.connection() as connection, connection.transaction():
            await connection.fetchval("select 1")

    for steps in range(12):
        task = asyncio.ensure_future(begin_and_vanish())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with narrow.connection() as one, narrow.connection() as other:
            for connection in (one, other):
                # In a transaction left open, the two would be the same instant.
                first = await connection.fetchval("select now()")
                assert await connection.fetchval("select now()") > first
    await narrow.close()


async def test_an_open_transaction_is_not_handed_on(narrow: Database) -> None:
    async with narrow.connection() as connection:
        await connection.execute("begin")
    async with narrow.connection() as one, narrow.connection() as other:
        assert not one.is_in_transaction()
        assert not other.is_in_transaction()
    await narrow.close()


async def test_a_cancelled_hot_statement_leaves_nothing_behind(narrow: Database, database: Database) -> None:
    for _ in range(4):
        task = asyncio.ensure_future(narrow.one_statement("select pg_sleep(30)"))
        await eventually(lambda: sleeps(database))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    answers = await asyncio.gather(*(narrow.one_statement("select $1::int as n", n) for n in range(8)))
    assert [answer["n"] for answer in answers if answer] == list(range(8))
    assert await backend_is_idle(database, "pg_sleep")
    await narrow.close()


async def test_a_refused_hot_statement_leaves_its_connection_usable(narrow: Database) -> None:
    backends = set()
    for _ in range(4):
        with pytest.raises(asyncpg.DivisionByZeroError):
            await narrow.one_statement("select 1 / 0")
        backends.add(await narrow.one_statement("select pg_backend_pid()"))
    assert len(backends) == 1
    await narrow.close()


async def test_hot_statements_leave_half_of_the_pool_to_others(narrow: Database) -> None:
    await asyncio.gather(*(narrow.one_statement("select pg_sleep(0.01)") for _ in range(8)))
    async with narrow.connection() as connection:
        assert await connection.fetchval("select 1") == 1
        assert await narrow.one_statement("select 2 as n") == (2,)
    await narrow.close()


async def test_a_restart_of_the_database_is_not_noticed_by_the_next_request(
    client: TestClient, terminate_all: Callable[[], Awaitable[int]]
) -> None:
    reads = [client.get("/v1/things") for _ in range(8)]
    assert {answer.status_code for answer in await asyncio.gather(*reads)} == {200}
    for path in ("/v1/things", "/v1/feeds/sample/head"):
        assert await terminate_all() > 1
        again = await asyncio.gather(*(client.get(path) for _ in range(8)))
        assert {answer.status_code for answer in again} == {200}


async def test_a_connection_lost_in_mid_request_is_told_as_unavailable(
    client: TestClient, database: Database, terminate_all: Callable[[], Awaitable[int]]
) -> None:
    things = [(await client.post("/v1/quick-things", json={"name": f"{uuid4()}"})).json()["id"] for _ in range(2)]
    with contextlib.suppress(DBAPIError):
        async with database.begin() as holder:
            await holder.execute(text("select from things where id = :id for update"), {"id": things[1]})
            swap = asyncio.create_task(client.post("/v1/things/swap", params={"first": things[0], "second": things[1]}))
            await eventually(lambda: waits_for_a_lock(database))
            await terminate_all()
    answer = await swap
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
    assert answer.headers["retry-after"] == "1"
    assert (await client.get(f"/v1/things/{things[0]}")).json()["version"] == 1


async def test_the_feed_wakes_again_after_a_restart(
    client: TestClient, database: Database, terminate_all: Callable[[], Awaitable[int]]
) -> None:
    listening = client.app.state.waking
    await terminate_all()

    async def is_woken() -> bool:
        woken = listening.next()
        async with database.begin() as session:
            await session.execute(text("select pg_notify('sample_feed', '')"))
        try:
            async with asyncio.timeout(0.2):
                await woken.wait()
        except TimeoutError:
            return False
        return True

    assert await eventually(is_woken)


async def test_the_sequencer_goes_on_after_a_restart(
    client: TestClient, database: Database, terminate_all: Callable[[], Awaitable[int]]
) -> None:
    sequencer = asyncio.create_task(outbox.sequence_forever(database, "sample"))
    await terminate_all()
    await client.post("/v1/quick-things", json={"name": "after the restart"})

    async def everything_is_sequenced() -> bool:
        return bool((await client.get("/v1/feeds/sample/head")).json()["unsequenced"] == 0)

    await eventually(everything_is_sequenced)
    assert not sequencer.done()
    sequencer.cancel()


async def test_a_pool_that_is_used_up_is_told_as_unavailable(
    client: TestClient, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    app: FastAPI = service.app(client.app.state.settings.model_copy(update={"pool_size": 1}))
    async with app.router.lifespan_context(app):
        database: Database = app.state.database
        monkeypatch.setattr(database.engine.pool, "_timeout", 0.05)
        alone = TestClient(app, client.key, ADMIN)
        async with database.connection():
            for path in ("/v1/things", "/v1/feeds/sample/head", "/readyz"):
                answer = await alone.get(path)
                assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
        assert (await alone.get("/v1/things")).status_code == 200


def test_a_connection_that_broke_between_a_statement_and_its_rollback_is_the_moments_fault() -> None:
    assert db.is_transient(asyncpg.InternalClientError("got result for unknown protocol state"))
    assert not db.is_transient(asyncpg.InterfaceError("the server expects 1 argument for this query, 0 were passed"))
