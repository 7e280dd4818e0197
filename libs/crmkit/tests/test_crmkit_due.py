"""What happens at a time happens once, oldest first, whoever dies meanwhile, and costs nothing until then."""

import asyncio
import itertools
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from crmkit import worker
from crmkit.data.db import Database
from crmkit.testing import eventually
from crmkit.work import due
from crmkit.work.due import Due, Handler

FILL = "insert into due (at, kind, ref) select now() + n * $1::interval, 'note', n::text from generate_series(1, $2) n"


@pytest.fixture(autouse=True)
async def nothing_due(database: Database) -> AsyncIterator[None]:
    async with database.connection() as connection:
        await connection.execute("delete from due; delete from done")
        yield
        await connection.execute("delete from due; delete from done")


async def done(database: Database, order: str = "place") -> list[asyncpg.Record]:
    async with database.connection() as connection:
        found: list[asyncpg.Record] = await connection.fetch(f"select * from done order by {order}")
        return found


async def put(database: Database, refs: Sequence[str], at: datetime, kind: str = "note") -> None:
    async with database.transaction() as connection:
        await due.put(connection, kind, refs, at)


async def kept(database: Database) -> list[asyncpg.Record]:
    async with database.connection() as connection:
        found: list[asyncpg.Record] = await connection.fetch("select * from due order by at, id")
        return found


async def test_what_is_due_is_done_once_with_its_effect(database: Database, note: Handler) -> None:
    now = datetime.now(UTC)
    await put(database, ["second"], now - timedelta(seconds=1))
    await put(database, ["first"], now - timedelta(days=1))
    await put(database, ["later"], now + timedelta(hours=1))
    await put(database, ["unknown here"], now - timedelta(days=2), kind="of a newer release")
    assert await due.work_once(database, {"note": note}) == 2
    assert await due.work_once(database, {"note": note}) == 0
    assert [row["ref"] for row in await done(database)] == ["first", "second"]
    assert [row["ref"] for row in await kept(database)] == ["unknown here", "later"]


async def test_a_bad_row_holds_up_nobody_and_is_tried_again(database: Database, note: Handler) -> None:
    at = datetime.now(UTC) - timedelta(minutes=1)
    await put(database, ["a", "poison", "b"], at)
    await due.work_once(database, {"note": note})
    assert [row["ref"] for row in await done(database)] == ["a", "b"]
    (put_off,) = await kept(database)
    assert (put_off["ref"], put_off["attempts"]) == ("poison", 1)
    assert put_off["at"] > at + timedelta(minutes=1)


async def test_what_a_kind_writes_before_it_fails_is_undone(database: Database, note: Handler) -> None:
    async def write_and_fail(connection: asyncpg.Connection, rows: Sequence[Due]) -> None:
        await note(connection, rows)
        raise RuntimeError("a fault of its own")

    await put(database, ["a", "b"], datetime.now(UTC), kind="failing")
    await put(database, ["c"], datetime.now(UTC))
    await due.work_once(database, {"note": note, "failing": write_and_fail})
    assert [row["ref"] for row in await done(database)] == ["c"]
    assert sorted(row["ref"] for row in await kept(database)) == ["a", "b"]


async def test_a_schedule_goes_on_once_however_many_workers_there_are(database: Database, note: Handler) -> None:
    every = {"tick": (timedelta(milliseconds=200), note)}
    workers = [asyncio.create_task(due.work_forever(database, {}, every)) for _ in range(3)]

    async def ticked() -> bool:
        return len(await done(database)) >= 4

    await eventually(ticked)
    await worker.stop(workers)
    ticks = [row["due_at"] for row in await done(database)]
    assert all(after - before >= timedelta(milliseconds=200) for before, after in itertools.pairwise(ticks))
    assert [row["kind"] for row in await kept(database)] == ["tick"]


async def test_what_is_put_while_a_worker_sleeps_is_done_on_time(database: Database, note: Handler) -> None:
    working = asyncio.create_task(due.work_forever(database, {"note": note}, {}))
    await put(database, ["far off"], datetime.now(UTC) + timedelta(hours=1))
    await put(database, ["soon"], datetime.now(UTC) + timedelta(seconds=1))

    async def is_done() -> list[asyncpg.Record]:
        return await done(database)

    (row,) = await eventually(is_done)
    await worker.stop([working])
    assert timedelta(0) <= row["at"] - row["due_at"] < timedelta(seconds=4)


async def test_a_million_rows_of_the_future_cost_an_idle_worker_nothing(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute(FILL, timedelta(seconds=60), 1_000_000)
        for statement, args in ((due._TAKE, (["note"], 500)), (due._NEXT, (["note"],))):
            look = f"explain (analyze, buffers, format json) {statement}"
            await connection.fetchval(look, *args)  # passes what the tests before have left, and marks it as gone
            plan = (await connection.fetchval(look, *args))[0]["Plan"]
            assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 50


async def test_killed_workers_do_each_of_many_once_oldest_first_and_on_time(
    database: Database, start_worker: Callable[..., subprocess.Popen[bytes]]
) -> None:
    async with database.connection() as connection:
        await connection.execute(FILL, timedelta(microseconds=-10), 100_000)

    async def count_above(count: int) -> bool:
        async with database.connection() as connection:
            return bool(await connection.fetchval("select count(*) > $1 from done", count))

    for share in (5_000, 20_000):
        process = start_worker()
        await eventually(lambda share=share: count_above(share), within_s=60)
        process.kill()
        process.wait()
    assert not await count_above(99_999)
    start_worker()
    await eventually(lambda: count_above(99_999), within_s=90)
    on_time = datetime.now(UTC) + timedelta(seconds=1)
    await put(database, ["on time"], on_time)
    await eventually(lambda: count_above(100_000))
    rows = await done(database)
    assert len(rows) == len({row["ref"] for row in rows}) == 100_001
    assert [row["due_at"] for row in rows] == sorted(row["due_at"] for row in rows)
    assert timedelta(0) <= rows[-1]["at"] - on_time < timedelta(seconds=4)
