"""A consumer's effects happen once, in order, whatever happens to it."""

import asyncio
import subprocess
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.db import Database
from crmkit.events import consumers, outbox, parked
from crmkit.events.cloudevents import Event
from crmkit.events.consumers import Consumer
from crmkit.testing import TestClient, event, eventually, sequenced
from crmkit.web import consumers as readers
from crmkit.web import http

Apply = Callable[[AsyncSession, list[Event]], Awaitable[None]]


@dataclass
class Feed:
    """The sample's own feed, read from its present head on, and the table its consumer fills."""

    client: TestClient
    database: Database
    copy: Apply

    async def make(self, *names: str) -> list[str]:
        made = [f"{name} {uuid.uuid4()}" for name in names]
        for name in made:
            assert (await self.client.post("/v1/things", json={"name": name})).status_code == 201
        await sequenced(self.database, "sample")
        return made

    async def change(self, name: str) -> None:
        (thing,) = (await self.client.get("/v1/things", params={"name": name})).json()["data"]
        assert (await self.client.post(f"/v1/things/{thing['id']}/grow")).status_code == 200
        await sequenced(self.database, "sample")

    async def copied(self) -> list[str]:
        return list(await self.column("select name from copies order by at"))

    async def parked(self) -> list[tuple[str, int]]:
        rows = await self.rows("select error, attempts from feed_parked order by sequence")
        return [(error, attempts) for error, attempts in rows]

    async def column(self, sql: str) -> list[Any]:
        return [row[0] for row in await self.rows(sql)]

    async def rows(self, sql: str) -> list[Any]:
        async with self.database.begin() as session:
            found = await session.execute(text(sql))
            return list(found.all()) if found.returns_rows else []

    async def consume(self, apply: Apply | None = None) -> int:
        return await consumers.consume_once(
            self.database, http.feed_reader(self.client), Consumer("sample", apply or self.copy)
        )


@pytest.fixture
async def feed(client: TestClient, database: Database, copy: Apply) -> AsyncIterator[Feed]:
    feed = Feed(client, database, copy)
    await sequenced(database, "sample")
    head = (await client.get("/v1/feeds/sample/head")).json()["cursor"]
    for table in ("copies", "cured", "feed_parked"):
        await feed.rows(f"delete from {table}")
    await feed.rows(
        f"insert into feed_cursors values ('sample', '{head}') on conflict (consumer) do update set cursor = '{head}'"
    )
    yield feed
    await feed.rows("insert into cured default values")


async def test_events_are_applied_in_order_and_once(feed: Feed) -> None:
    made = await feed.make("a", "b", "c")
    assert await feed.consume() == 3
    assert await feed.consume() == 0
    assert await feed.copied() == made


async def test_the_next_page_is_read_ahead_and_only_what_is_handled_is_told(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "PAGE", 2)
    before = (await feed.client.get("/v1/feeds/sample/head")).json()["position"]
    made = await feed.make(*"abcde")
    told: list[int] = []

    async def look(session: AsyncSession, events: list[Event]) -> None:
        readers = (await feed.client.get("/v1/feeds/sample/consumers")).json()["data"]
        told.extend(reader["position"] - before for reader in readers if reader["name"] == "tests")
        await feed.copy(session, events)

    assert await feed.consume(look) == 5
    assert await feed.copied() == made
    assert len(told) == 3
    assert all(position <= 2 * page for page, position in enumerate(told))
    assert await feed.consume() == 0


async def test_a_consumer_killed_before_its_commit_repeats_nothing(feed: Feed) -> None:
    made = await feed.make("a", "b")
    reached = asyncio.Event()

    async def hang(session: AsyncSession, events: list[Event]) -> None:
        await feed.copy(session, events)
        reached.set()
        await asyncio.Event().wait()

    consuming = asyncio.create_task(feed.consume(hang))
    await reached.wait()
    consuming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consuming
    assert await feed.copied() == []
    await feed.consume()
    assert await feed.copied() == made


async def test_two_workers_of_a_service_share_the_work(feed: Feed) -> None:
    made = await feed.make(*"abcdefgh")
    await asyncio.gather(*(feed.consume() for _ in range(4)))
    assert sorted(await feed.copied()) == sorted(made)


async def test_a_poison_event_is_parked_with_those_of_its_resource(feed: Feed) -> None:
    first, bad, last = await feed.make("a", "poison", "z")
    await feed.change(bad)
    await feed.consume()
    assert await feed.copied() == [first, last]
    (error, attempts), (behind, _) = await feed.parked()
    assert error == f"ValueError('{bad} is bad for me')"
    assert attempts == consumers.ATTEMPTS == 5
    assert behind == "An earlier event of this resource is parked."
    await feed.change(bad)
    await feed.change(first)
    await feed.consume()
    assert await feed.copied() == [first, last, first]
    assert len(await feed.parked()) == 3


async def test_only_the_same_resource_waits_behind_a_parked_event(feed: Feed) -> None:
    customer = str(uuid.uuid4())

    def happened(place: int, source: str, name: str) -> Event:
        made = event("perennial.thing.made.v1", {"name": name}, position=place, subject=customer)
        return msgspec.structs.replace(made, source=source)

    batch = [happened(1, "/v1/things/1", "poison"), happened(2, "/v1/things/2", "a"), happened(3, "/v1/things/1", "b")]
    (cursor,) = await feed.column("select cursor from feed_cursors")
    consumer = Consumer("sample", feed.copy, final=frozenset({"perennial.customer.erased.v1"}))
    await consumers.apply_batch(feed.database, consumer, cursor, batch)
    assert await feed.copied() == ["a"]
    assert await feed.column("select source from feed_parked") == ["/v1/things/1", "/v1/things/1"]
    erased = event("perennial.customer.erased.v1", {"name": "c"}, position=4, subject=customer)
    await consumers.apply_batch(feed.database, consumer, batch[-1].sequence, [erased])
    assert await feed.parked() == []


async def test_parked_events_are_shown_counted_and_tried_again_by_the_api(
    feed: Feed, start_worker: Callable[..., subprocess.Popen[bytes]]
) -> None:
    (bad,) = await feed.make("poison")
    await feed.consume()
    await feed.consume()
    (shown,) = (await feed.client.get("/v1/feeds/sample/parked", params={"consumer": "sample"})).json()["data"]
    assert (shown["consumer"], shown["error"], shown["attempts"]) == ("sample", f"ValueError('{bad} is bad for me')", 5)
    assert shown["source"].startswith("/v1/things/")
    readers = (await feed.client.get("/v1/feeds/sample/consumers", params={"name": "tests"})).json()["data"]
    assert [(reader["lag"], reader["parked"]) for reader in readers] == [(0, 1)]
    assert parked.PARKED.labels("sample")._value.get() == 1
    await feed.rows("insert into cured default values")
    assert (await feed.client.acting_as("feeds:read").post("/v1/feeds/sample/parked/replay")).status_code == 403
    asked = await feed.client.post("/v1/feeds/sample/parked/replay")
    assert (asked.status_code, asked.json()) == (202, {"parked": 1})
    start_worker()
    await eventually(feed.copied, within_s=60)
    assert await feed.copied() == [bad]
    assert (await feed.client.get("/v1/feeds/sample/parked")).json()["data"] == []


async def test_a_living_reader_is_seen_though_nothing_happens(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "SEEN_EVERY_S", 0.001)

    async def seen_at() -> str:
        (reader,) = (await feed.client.get("/v1/feeds/sample/consumers", params={"name": "tests"})).json()["data"]
        return str(reader["seen_at"])

    await feed.consume()
    before = await seen_at()
    await feed.consume()
    assert await seen_at() > before


async def test_what_a_single_event_leads_to_tells_where_it_comes_from(feed: Feed) -> None:
    async def tell(session: AsyncSession, events: list[Event]) -> None:
        for each in events:
            await outbox.emit(session, noun="copy", verb="made", id=uuid.uuid4(), data=bytes(each.data))

    await feed.client.post("/v1/things", json={"name": f"{uuid.uuid4()}"}, headers={"x-request-id": "the-request"})
    await sequenced(feed.database, "sample")
    await feed.consume(tell)
    made = "(select id::text from outbox where type = 'perennial.thing.created.v1' order by id desc limit 1)"
    (told,) = await feed.rows(
        f"select actor, request_id, causation_id = {made} from outbox where type = 'perennial.copy.made.v1'"
    )
    assert tuple(told) == ("consumer:sample", "the-request", True)


async def test_a_final_event_is_applied_though_earlier_ones_of_its_subject_are_parked(feed: Feed) -> None:
    bad, other = await feed.make("poison", "poison too")
    await feed.consume()
    await feed.change(bad)
    seen: list[str] = []

    async def note(session: AsyncSession, events: list[Event]) -> None:
        seen.extend(event.type for event in events)

    consumer = Consumer("sample", note, final=frozenset({"perennial.thing.updated.v1"}))
    await consumers.consume_once(feed.database, http.feed_reader(feed.client), consumer)
    assert seen == ["perennial.thing.updated.v1"]
    ((error, _),) = await feed.parked()
    assert other in error


async def test_replay_repairs_what_is_parked(feed: Feed) -> None:
    (bad,) = await feed.make("poison")
    await feed.change(bad)
    await feed.consume()
    consumer = Consumer("sample", feed.copy)
    assert await consumers.replay(feed.database, consumer) == (0, 2)
    assert [attempts for _, attempts in await feed.parked()] == [6, 0]
    await feed.rows("insert into cured default values")
    assert await consumers.replay(feed.database, consumer) == (2, 0)
    assert await feed.parked() == []
    assert await feed.copied() == [bad, bad]
    await feed.change(bad)
    await feed.consume()
    assert await feed.copied() == [bad, bad, bad]


async def test_two_replays_at_once_apply_once(feed: Feed) -> None:
    names = await feed.make("poison 1", "poison 2", "poison 3")
    await feed.consume()
    await feed.rows("insert into cured default values")
    consumer = Consumer("sample", feed.copy)
    results = await asyncio.gather(*(consumers.replay(feed.database, consumer) for _ in range(3)))
    assert sorted(await feed.copied()) == sorted(names)
    assert {parked for _, parked in results} == {0}


async def test_a_new_epoch_is_read_from_the_start(feed: Feed) -> None:
    (bad,) = await feed.make("poison")
    await feed.consume()
    assert len(await feed.parked()) == 1
    (epoch,) = await feed.column("select epoch from feed_head")
    (events,) = await feed.column("select count(*) from outbox")
    await feed.rows("update feed_head set epoch = 'restored'")
    try:
        assert await feed.consume() == 0
        assert await feed.column("select cursor from feed_cursors") == [""]
        assert await feed.parked() == []
        await feed.rows("insert into cured default values")
        while await feed.consume():
            pass
        assert await feed.column("select count(*) from copies") == [events]
        assert bad in await feed.copied()
    finally:
        await feed.rows(f"update feed_head set epoch = '{epoch}'")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("select pg_terminate_backend(pg_backend_pid())", id="connection lost"),
        pytest.param("do $$ begin raise exception using errcode = '40P01'; end $$", id="deadlock"),
        pytest.param("do $$ begin raise exception using errcode = '55P03'; end $$", id="lock timeout"),
    ],
)
async def test_a_fault_of_the_moment_parks_nothing(feed: Feed, fault: str) -> None:
    made = await feed.make("a", "b")

    async def stumble(session: AsyncSession, events: list[Event]) -> None:
        await feed.copy(session, events)
        await session.execute(text(fault))

    with pytest.raises((DBAPIError, OSError)):
        await feed.consume(stumble)
    assert await feed.parked() == []
    assert await feed.consume() == 2
    assert await feed.copied() == made


async def test_a_value_the_database_refuses_is_parked(feed: Feed) -> None:
    """The driver calls a wrong argument an interface error, as it calls a lost connection."""
    await feed.make("a")

    async def misuse(session: AsyncSession, events: list[Event]) -> None:
        await session.execute(text("select cast(:n as int)"), {"n": 2**40})

    await feed.consume(misuse)
    assert len(await feed.parked()) == 1


async def test_a_consumer_goes_on_when_its_feed_comes_back(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "PAUSE_S", 0.01)
    made = await feed.make("a")
    failures = iter([httpx.ConnectError("refused"), httpx.ReadTimeout("late")])

    async def flaky(request: httpx.Request) -> httpx.Response:
        for fault in failures:
            raise fault
        return await feed.client.get(request.url.raw_path.decode())

    async with httpx.AsyncClient(transport=httpx.MockTransport(flaky), base_url="http://gateway") as gateway:
        following = asyncio.create_task(
            consumers.consume_forever(feed.database, http.feed_reader(gateway), Consumer("sample", feed.copy))
        )
        await eventually(feed.copied)
        following.cancel()
    assert await feed.copied() == made


async def test_a_consumers_own_fault_is_not_swallowed(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(consumers, "consume_once", broken)
    with pytest.raises(ZeroDivisionError):
        await consumers.consume_forever(feed.database, http.feed_reader(feed.client), Consumer("sample", feed.copy))
