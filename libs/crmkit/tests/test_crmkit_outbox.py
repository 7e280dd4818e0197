"""Every committed event gets one place in the feed, in order, whoever dies meanwhile."""

import asyncio
import contextlib
import random
import subprocess
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable

import httpx
import msgspec
import pytest

from crmkit.data.db import Database
from crmkit.events import cloudevents, outbox
from crmkit.testing import TestClient, eventually, read_feed, sequenced

WRITERS, TRANSACTIONS = 8, 25


class Note(msgspec.Struct):
    writer: int
    number: int


class Refused(Exception):
    pass


async def write(database: Database, chance: random.Random, writer: int, number: int = 0) -> int:
    """Write events numbered on from `number`, some transactions long, some rolled back; the last committed number."""
    for _ in range(TRANSACTIONS):
        wanted = chance.randint(1, 3)
        with contextlib.suppress(Refused):
            async with database.begin() as session:
                for place in range(1, wanted + 1):
                    note = msgspec.json.encode(Note(writer, number + place))
                    await outbox.emit(session, noun="note", verb="made", id=uuid.uuid4(), data=note)
                await asyncio.sleep(chance.choice([0, 0, 0.005, 0.05]))
                if chance.random() < 0.25:
                    raise Refused
            number += wanted
    return number


async def follow(client: httpx.AsyncClient, after: str, found: list[cloudevents.Event]) -> None:
    """Read the feed as it grows, as a consumer does."""
    while True:
        response = await client.get("/v1/feeds/sample", params={"after": after, "limit": 7, "wait": 1})
        found += cloudevents.decode_batch(response.raise_for_status().content)
        after = found[-1].sequence if found else after


async def head(client: httpx.AsyncClient) -> str:
    return str((await client.get("/v1/feeds/sample/head")).json()["cursor"])


async def everything_is_sequenced(client: httpx.AsyncClient) -> bool:
    return bool((await client.get("/v1/feeds/sample/head")).json()["unsequenced"] == 0)


@contextlib.asynccontextmanager
async def following(client: httpx.AsyncClient, database: Database) -> AsyncIterator[list[cloudevents.Event]]:
    """What a reader gathers while the block runs, and until all is read."""
    await read_feed(client, database, "sample", await head(client))
    found: list[cloudevents.Event] = []
    reader = asyncio.create_task(follow(client, await head(client), found))
    yield found
    await eventually(lambda: everything_is_sequenced(client))
    last = await head(client)

    async def all_is_read() -> bool:
        return bool(found) and found[-1].sequence == last

    await eventually(all_is_read)
    reader.cancel()


def check(found: list[cloudevents.Event], written: list[int]) -> None:
    notes = [event.read(Note) for event in found if event.type == "perennial.note.made.v1"]
    assert Counter(note.writer for note in notes) == dict(enumerate(written))
    for writer, last in enumerate(written):
        assert [note.number for note in notes if note.writer == writer] == list(range(1, last + 1))
    assert len({event.id for event in found}) == len(found)
    positions = [cloudevents.split_cursor(event.sequence) for event in found]
    first = positions[0]
    assert first is not None
    assert positions == [(first[0], first[1] + place) for place in range(len(found))]


async def test_two_sequencers_cancelled_at_random_lose_and_repeat_nothing(
    client: TestClient, database: Database
) -> None:
    chance = random.Random(1)

    async def sequence_and_die() -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(chance.uniform(0, 0.2)):
                    await outbox.sequence_forever(database, "sample")

    async with following(client, database) as found:
        sequencers = [asyncio.create_task(sequence_and_die()) for _ in range(2)]
        written = await asyncio.gather(*(write(database, chance, writer) for writer in range(WRITERS)))
        await eventually(lambda: everything_is_sequenced(client))
        for sequencer in sequencers:
            sequencer.cancel()
        assert [type(end) for end in await asyncio.gather(*sequencers, return_exceptions=True)] == [
            asyncio.CancelledError,
            asyncio.CancelledError,
        ]
    check(found, written)


async def test_two_sequencers_killed_at_random_lose_and_repeat_nothing(
    client: TestClient, database: Database, start_worker: Callable[[], subprocess.Popen[bytes]]
) -> None:
    chance = random.Random(2)
    processes = [start_worker(), start_worker()]

    async def numbered_more(than: int) -> bool:
        return bool((await client.get("/v1/feeds/sample/head")).json()["position"] > than)

    async def kill_and_start_again() -> None:
        for victim in (0, 1, 0):
            position = (await client.get("/v1/feeds/sample/head")).json()["position"]
            await eventually(lambda position=position: numbered_more(position), within_s=60)
            processes[victim].kill()
            processes[victim].wait()
            processes[victim] = start_worker()

    async with following(client, database) as found:
        killing = asyncio.create_task(kill_and_start_again())
        written = [0] * WRITERS
        while not killing.done():
            written = await asyncio.gather(*(write(database, chance, w, written[w]) for w in range(WRITERS)))
        await killing
    check(found, written)


async def test_an_event_committed_late_is_numbered_and_nothing_waits_for_it(
    client: TestClient, database: Database
) -> None:
    await sequenced(database, "sample")
    after = await head(client)
    note = msgspec.json.encode(Note(0, 0))
    async with database.begin() as late:
        await outbox.emit(late, noun="note", verb="begun", id=uuid.uuid4(), data=note)
        for _ in range(2):
            async with database.begin() as session:
                await outbox.emit(session, noun="note", verb="made", id=uuid.uuid4(), data=note)
            assert await outbox.sequence_once(database, "sample_feed") >= 1
            assert await outbox.sequence_once(database, "sample_feed") == 0
    found = await read_feed(client, database, "sample", after)
    assert [event.type.split(".")[2] for event in found] == ["made", "made", "begun"]
    assert found[2].id < found[0].id


async def test_an_idle_look_is_bounded_however_many_events_and_old_snapshots_there_are(
    client: TestClient, database: Database
) -> None:
    many = """insert into outbox (type, source, data)
        select 'perennial.note.told.v1', '/v1/notes/' || n, '{}' from generate_series(1, 30000) n"""
    async with database.connection() as reader, reader.transaction(isolation="repeatable_read", readonly=True):
        await reader.fetchval("select count(*) from feed")
        async with database.connection() as connection:
            await connection.execute(many)
        assert await outbox.sequence_once(database, "sample_feed") >= 30_000
        assert await outbox.sequence_once(database, "sample_feed") == 0
        async with database.transaction() as connection:
            _, position, floor, _ = await connection.fetchrow(outbox._HEAD)
            look = f"explain (analyze, buffers, format json) {outbox._NUMBER}"
            plan = (await connection.fetchval(look, floor, outbox.BATCH, position))[0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 50


async def test_a_schema_restored_into_a_younger_cluster_goes_on(client: TestClient, database: Database) -> None:
    after = await head(client)
    async with database.connection() as connection:
        await connection.execute("update feed_head set floor = '9000000000000'")
    thing = (await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"})).json()
    (event,) = await read_feed(client, database, "sample", after)
    assert event.source == f"/v1/things/{thing['id']}"


@pytest.mark.parametrize("writers", [12])
async def test_versions_of_one_row_rise_in_feed_order(client: TestClient, database: Database, writers: int) -> None:
    thing = (await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"})).json()
    sequencer = asyncio.create_task(outbox.sequence_forever(database, "sample"))

    async def grow() -> None:
        for _ in range(8):
            assert (await client.post(f"/v1/things/{thing['id']}/grow")).status_code == 200

    await asyncio.gather(*(grow() for _ in range(writers)))
    sequencer.cancel()
    of_thing = [e for e in await read_feed(client, database, "sample") if e.source == f"/v1/things/{thing['id']}"]
    assert [event.read(dict)["version"] for event in of_thing] == list(range(1, 2 + writers * 8))


async def test_an_event_carries_its_origin(client: TestClient, database: Database) -> None:
    after = await head(client)
    headers = {"x-request-id": "the-request", "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
    await client.post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers=headers)
    (event,) = await read_feed(client, database, "sample", after)
    assert (event.actor, event.requestid, event.traceparent) == (
        "01890000-0000-7000-8000-000000000001",
        "the-request",
        headers["traceparent"],
    )
    assert event.causationid is None


@pytest.mark.parametrize(
    ("noun", "path"), [("ticket", "tickets"), ("scoring_run", "scoring-runs"), ("coupon_batch", "coupon-batches")]
)
def test_a_source_is_the_nouns_path(noun: str, path: str) -> None:
    assert outbox.plural(noun) == path
