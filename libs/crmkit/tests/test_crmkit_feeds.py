"""A feed as its readers see it."""

import asyncio
import time
import uuid

from crmkit.data.db import Database
from crmkit.events import cloudevents, outbox
from crmkit.testing import TestClient, eventually, read_feed, sequenced


async def head(client: TestClient) -> str:
    return str((await client.get("/v1/feeds/sample/head")).json()["cursor"])


async def make(client: TestClient) -> str:
    created = await client.post("/v1/things", json={"name": f"{uuid.uuid4()}", "phone": "+15551234567"})
    return f"/v1/things/{created.json()['id']}"


async def test_pages_continue_after_a_sequence(client: TestClient, database: Database) -> None:
    await sequenced(database, "sample")
    after = await head(client)
    made = [await make(client) for _ in range(5)]
    await sequenced(database, "sample")
    found: list[cloudevents.Event] = []
    for expected in (2, 2, 1, 0):
        answer = await client.get("/v1/feeds/sample", params={"after": after, "limit": 2})
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        page = cloudevents.decode_batch(answer.content)
        assert len(page) == expected
        found += page
        after = found[-1].sequence
    assert [event.source for event in found] == made
    assert after == await head(client)


async def test_an_event_is_a_cloud_event(client: TestClient, database: Database) -> None:
    await sequenced(database, "sample")
    after = await head(client)
    source = await make(client)
    await sequenced(database, "sample")
    (event,) = (await client.get("/v1/feeds/sample", params={"after": after})).json()
    assert event["specversion"] == "1.0"
    assert event["datacontenttype"] == "application/json"
    assert event["source"] == source
    assert set(event) == {
        *("specversion", "id", "type", "source", "sequence", "time", "datacontenttype", "actor", "requestid", "data")
    }


async def test_a_long_poll_wakes_at_once(client: TestClient, database: Database) -> None:
    await sequenced(database, "sample")
    after = await head(client)
    sequencer = asyncio.create_task(outbox.sequence_forever(database, "sample"))
    polls = [asyncio.create_task(client.get("/v1/feeds/sample", params={"after": after, "wait": 20})) for _ in range(3)]
    await eventually(lambda: _reads_from(client, after))
    started = time.monotonic()
    source = await make(client)
    for poll in polls:
        (event,) = cloudevents.decode_batch((await poll).content)
        assert event.source == source
    # The sequencer looks at least every 250 ms; the poll behind the NOTIFY, once a second.
    assert time.monotonic() - started < 0.8
    sequencer.cancel()


async def test_a_long_poll_without_news_answers_empty(client: TestClient, database: Database) -> None:
    await sequenced(database, "sample")
    answer = await client.get("/v1/feeds/sample", params={"after": await head(client), "wait": 0.2})
    assert answer.json() == []


async def test_a_long_poll_holds_no_connection(client: TestClient, database: Database) -> None:
    await sequenced(database, "sample")
    after = await head(client)
    polls = [
        asyncio.create_task(client.get("/v1/feeds/sample", params={"after": after, "wait": 1})) for _ in range(100)
    ]
    await eventually(lambda: _reads_from(client, after))
    assert (await client.get("/v1/feeds/sample/head")).status_code == 200
    assert {answer.status_code for answer in await asyncio.gather(*polls)} == {200}


async def _reads_from(client: TestClient, cursor: str) -> bool:
    readers = (await client.get("/v1/feeds/sample/consumers")).json()["data"]
    return any(reader["cursor"] == cursor for reader in readers)


async def test_the_head_counts_what_is_not_numbered_yet(client: TestClient, database: Database) -> None:
    await sequenced(database, "sample")
    before = (await client.get("/v1/feeds/sample/head")).json()
    await make(client)
    now = (await client.get("/v1/feeds/sample/head")).json()
    assert (now["position"], now["unsequenced"]) == (before["position"], 1)
    await sequenced(database, "sample")
    then = (await client.get("/v1/feeds/sample/head")).json()
    assert (then["position"], then["unsequenced"]) == (before["position"] + 1, 0)


async def test_each_consumer_has_its_cursor_and_lag(client: TestClient, database: Database) -> None:
    await make(client)
    reader = client.acting_as("feeds:read", client_id=str(uuid.uuid4()))
    await read_feed(reader, database, "sample")
    for _ in range(3):
        await make(client)
    await sequenced(database, "sample")
    listed = (await client.get("/v1/feeds/sample/consumers")).json()["data"]
    by_client = {entry["client"]: entry for entry in listed}
    (mine,) = [entry for name, entry in by_client.items() if name != "tests" and entry["lag"] == 3]
    assert mine["position"] == (await client.get("/v1/feeds/sample/head")).json()["position"] - 3
    assert set(mine) == {"client", "name", "position", "lag", "cursor", "seen_at", "parked"}


async def test_personal_values_in_a_feed_need_their_scope(client: TestClient, database: Database) -> None:
    await make(client)
    phones = {}
    for scope in ("feeds:read", "customers:pii"):
        reader = client.acting_as("feeds:read", scope, client_id=scope)
        phones[scope] = (await read_feed(reader, database, "sample"))[-1].read(dict)["phone"]
    assert phones == {"feeds:read": "+*********67", "customers:pii": "+15551234567"}


async def test_a_position_the_feed_has_not_reached_is_of_a_history_that_is_lost(client: TestClient) -> None:
    place = cloudevents.split_cursor(await head(client))
    assert place is not None
    epoch, newest = place
    ahead = await client.get("/v1/feeds/sample", params={"after": cloudevents.cursor(epoch, newest + 1)})
    assert (ahead.status_code, ahead.json()["code"]) == (409, "feed_epoch_changed")
    assert (await client.get("/v1/feeds/sample", params={"after": cloudevents.cursor(epoch, newest)})).json() == []
