import asyncio
import uuid
from typing import Any

import pytest
from callcenter_hearsay import (
    CROSS,
    RINGING,
    TICKET,
    customer,
    erased,
    get,
    hear,
    look_again,
    phone,
    post,
    score,
    versions,
)
from sqlalchemy import text

from callcenter.consumers import customer as customers
from callcenter.projections import repository as projections
from callcenter.screen_pop.schemas import ScreenPop
from crmkit import testing
from crmkit.data.db import Database
from crmkit.testing import TestClient, read_feed

LIST_ISSUED = "perennial.shopping_list.issued.v1"


async def known_rows(database: Database, ids: list[uuid.UUID]) -> dict[str, int]:
    tables = ("customers", "customer_handles", "customer_scores", "open_coupons")
    async with database.begin() as session:
        return {
            table: await session.scalar(
                text(f"select count(*) from {table} where customer_id = any(:ids)"), {"ids": ids}
            )
            or 0
            for table in tables
        }


async def kept(database: Database, words: str) -> int:
    async with database.begin() as session:
        query = text("select count(*) from idempotency where position(:words in convert_from(body, 'UTF8')) > 0")
        return int(await session.scalar(query, {"words": words}) or 0)


@pytest.mark.parametrize("name", ["id", "phone", "email", "card", "external_id"])
async def test_what_waited_for_a_name_is_linked_when_its_owner_appears(
    client: TestClient, database: Database, name: str
) -> None:
    id_, number = uuid.uuid4(), phone()
    handle = {
        "id": {"id": str(id_)},
        "phone": {"phone": number},
        "email": {"email": f"{id_}@example.com"},
        "card": {"card": f"22 {id_}"},
        "external_id": {"external_id": str(id_), "source": "tcj"},
    }[name]
    ticket = await post(client, "/v1/tickets", TICKET | {"customer": handle})
    answer = await post(client, "/v1/survey-responses", {"kind": "nps", "score": 9, "ticket_id": ticket["id"]})
    assert ticket["customer"]["resolution"] == answer["customer"]["resolution"] == "pending"
    await hear(
        database,
        customer(
            id_,
            phones=[number],
            emails=[f"{id_}@example.com"],
            cards=[f"22{id_}"],
            external_ids=[{"source": "tcj", "external_id": str(id_)}],
        ),
    )
    linked = await get(client, f"/v1/tickets/{ticket['id']}")
    assert linked["customer"] == ticket["customer"] | {"id": str(id_), "resolution": "resolved"}
    assert linked["version"] == 2
    assert await versions(client, database, f"/v1/tickets/{ticket['id']}") == [1, 2]
    assert (await get(client, f"/v1/survey-responses/{answer['id']}"))["customer"] == linked["customer"]
    (listed,) = (await get(client, f"/v1/customers/{id_}/tickets"))["data"]
    assert listed == linked
    (named,) = (await get(client, "/v1/tickets", customer_id=str(id_), expand="customer"))["data"]
    assert named["customer"] == linked["customer"] | {"name": "Anna Müller"}


async def test_a_call_is_linked_too(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    event = {"call_id": uuid.uuid4().hex, "type": "ringing", "at": "2026-06-01T12:00:00Z", "from": number}
    call = await post(client, "/v1/call-events", event)
    await hear(database, customer(id_, phones=[number]))
    (listed,) = (await get(client, f"/v1/customers/{id_}/calls"))["data"]
    assert (listed["id"], listed["version"]) == (call["id"], 2)
    assert await versions(client, database, f"/v1/calls/{call['id']}") == [1, 2]


async def test_a_call_stays_with_whom_it_was_with_when_the_number_changes_hands(
    client: TestClient, database: Database
) -> None:
    one, other, number = uuid.uuid4(), uuid.uuid4(), phone()
    event = {"call_id": uuid.uuid4().hex, "type": "ringing", "at": "2026-06-01T12:00:00Z", "from": number}
    await hear(database, customer(one, phones=[number]))
    call = await post(client, "/v1/call-events", event)
    await hear(database, customer(one, version=2), customer(other, phones=[number]))
    assert await post(client, "/v1/call-events", event) == call
    ended = await post(client, "/v1/call-events", event | {"type": "ended", "at": "2026-06-01T12:05:00Z"})
    assert (ended["status"], ended["customer"]) == ("ended", call["customer"])
    later = await post(client, "/v1/call-events", event | {"call_id": uuid.uuid4().hex})
    assert later["customer"]["id"] == str(other)


async def test_a_late_event_brings_nothing_back_of_an_erased_caller(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    event = {"call_id": uuid.uuid4().hex, "type": "ringing", "at": "2026-06-01T12:00:00Z", "from": number}
    await hear(database, customer(id_, phones=[number]))
    call = await post(client, "/v1/call-events", event)
    await hear(database, erased(id_))
    blank = await get(client, f"/v1/calls/{call['id']}")
    assert await post(client, "/v1/call-events", event) == blank
    recorded = {"type": "ended", "at": "2026-06-01T12:05:00Z", "recording_url": "https://pbx.example/1.wav"}
    ended = await post(client, "/v1/call-events", event | recorded)
    assert (ended["status"], ended["from"], ended["recording_url"]) == ("ended", None, None)
    assert ended["customer"] == blank["customer"]


async def test_a_customer_just_heard_of_is_found_at_once(client: TestClient, database: Database) -> None:
    id_ = uuid.uuid4()
    await hear(database, customer(id_))
    ticket = await post(client, "/v1/tickets", TICKET | {"customer": {"id": str(id_)}})
    assert ticket["customer"]["resolution"] == "resolved"


async def test_a_shared_name_is_settled_when_one_owner_gives_it_up(client: TestClient, database: Database) -> None:
    one, other, number = uuid.uuid4(), uuid.uuid4(), phone()
    await hear(database, customer(one, phones=[number]), customer(other, phones=[number]))
    ticket = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}})
    assert ticket["customer"]["candidates"] == sorted([str(one), str(other)])
    await hear(database, customer(other, version=2, phones=[]))
    settled = (await get(client, f"/v1/tickets/{ticket['id']}"))["customer"]
    assert (settled["id"], settled["resolution"], settled["candidates"]) == (str(one), "resolved", [])


async def test_a_late_link_brings_the_tier_and_its_priority(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    await hear(database, score(id_, "gold"))
    ruled = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}})
    given = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}, "priority": "low"})
    await hear(database, customer(id_, phones=[number]))
    raised = await get(client, f"/v1/tickets/{ruled['id']}")
    assert (ruled["priority"], raised["priority"]) == ("normal", "high")
    assert raised["sla"]["resolution_due_at"] < ruled["sla"]["resolution_due_at"]
    assert (await get(client, f"/v1/tickets/{given['id']}"))["priority"] == "low"


async def test_an_older_version_changes_nothing(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    await hear(database, customer(id_, version=2, phones=[number]))
    await hear(database, customer(id_, version=1, name="Old", phones=[]))
    (match,) = (await get(client, "/v1/screen-pop", phone=number))["matches"]
    assert match["name"] == "Anna Müller"


async def test_a_ticket_that_missed_its_link_is_looked_at_again(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    ticket: dict[str, Any] = {}
    async with database.begin() as session:
        await customers.apply(session, [customer(id_, phones=[number])])
        ticket = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}})
    assert ticket["customer"]["resolution"] == "pending"
    await look_again(database)
    assert (await get(client, f"/v1/tickets/{ticket['id']}"))["customer"]["id"] == str(id_)
    await look_again(database)
    assert await versions(client, database, f"/v1/tickets/{ticket['id']}") == [1, 2]


async def test_linking_and_writing_at_once_keep_the_versions_in_order(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    ticket = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}})
    path = f"/v1/tickets/{ticket['id']}"
    patches = (client.patch(path, json={"subject": f"Subject {n}"}) for n in range(8))
    await asyncio.gather(hear(database, customer(id_, phones=[number])), *patches)
    assert await versions(client, database, path) == list(range(1, 11))
    assert (await get(client, path))["customer"]["resolution"] == "resolved"


async def test_a_closed_or_an_old_ticket_is_not_linked(client: TestClient, database: Database) -> None:
    number = phone()
    closed, old, young = [await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}}) for _ in range(3)]
    for action in ("solve", "close"):
        await post(client, f"/v1/tickets/{closed['id']}/actions", {"action": action})
    async with database.begin() as session:
        age = "update tickets set created_at = now() - interval '31 days' where id = :id"
        await session.execute(text(age), {"id": old["id"]})
    id_ = uuid.uuid4()
    await hear(database, customer(id_, phones=[number]))
    linked = [(await get(client, f"/v1/tickets/{one['id']}"))["customer"]["id"] for one in (closed, old, young)]
    assert linked == [None, None, str(id_)]


async def test_an_agents_choice_is_kept(client: TestClient, database: Database) -> None:
    one, other, number = uuid.uuid4(), uuid.uuid4(), phone()
    await hear(database, customer(one, phones=[number]), customer(other, phones=[number]), score(other, "gold"))
    ticket = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}})
    path = f"/v1/tickets/{ticket['id']}"
    chosen = (await client.patch(path, json={"customer": {"id": str(other)}})).json()
    assert chosen["customer"] == {
        "id": str(other),
        "handle": {"id": str(other)},
        "resolution": "resolved",
        "candidates": [],
        "decided_by": "agent",
    }
    assert (ticket["priority"], chosen["priority"]) == ("normal", "high")
    await hear(database, customer(other, version=2, phones=[]), customer(one, version=2, phones=[number]))
    await look_again(database)
    assert (await get(client, path))["customer"] == chosen["customer"]
    nobody = (await client.patch(path, json={"customer": None})).json()
    assert (nobody["customer"], nobody["priority"]) == (None, "normal")


async def test_a_trial_model_changes_nobodys_tier(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    await hear(database, customer(id_, phones=[number]), score(id_, "gold", model="default"))
    await hear(database, score(id_, "lead", "2026-02-01T00:00:00Z", model="trial"))
    (match,) = (await get(client, "/v1/screen-pop", phone=number))["matches"]
    assert match["tier"] == "gold"


async def test_the_screen_pops_with_all_that_is_known(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    await hear(database, customer(id_, phones=[number], consents={"sms": True}), score(id_, "platinum"))
    await hear(database, score(id_, "lead", computed_at="2025-01-01T00:00:00Z"))
    open_one = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}})
    solved = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}})
    await post(client, f"/v1/tickets/{solved['id']}/actions", {"action": "solve"})
    event = {"call_id": uuid.uuid4().hex, "type": "ringing", "at": "2026-06-01T12:00:00Z", "from": number}
    call = await post(client, "/v1/call-events", event)
    pop = await get(client, "/v1/screen-pop", phone=number)
    ScreenPop.model_validate(pop, extra="forbid")
    (match,) = pop["matches"]
    assert (match["customer_id"], match["name"], match["tier"]) == (str(id_), "Anna Müller", "platinum")
    assert (match["clv"]["amount"], match["consent"]) == (12_300, {"sms": True})
    assert [ticket["id"] for ticket in match["open_tickets"]] == [open_one["id"]]
    assert [touch["id"] for touch in match["last_interactions"]] == [call["id"], solved["id"], open_one["id"]]


async def test_a_shared_number_pops_everybody_and_an_unknown_one_nobody(client: TestClient, database: Database) -> None:
    number = phone()
    ids = sorted(str(uuid.uuid4()) for _ in range(3))
    await hear(database, *(customer(uuid.UUID(id_), phones=[number]) for id_ in ids))
    pop = await get(client, "/v1/screen-pop", phone=f"({number[2:5]}) {number[5:8]}-{number[8:]}")
    assert [match["customer_id"] for match in pop["matches"]] == ids
    assert pop["phone"] == number
    assert await get(client, "/v1/screen-pop", phone="anonymous") == {"phone": "anonymous", "matches": []}
    plus = await client.get(f"/v1/screen-pop?phone={number}")
    assert len(plus.json()["matches"]) == 3
    masked = await client.acting_as("tickets:read").get("/v1/screen-pop", params={"phone": number})
    assert masked.json()["phone"] == "+*********" + number[-2:]


async def test_an_ended_campaign_takes_its_open_coupons_along(client: TestClient, database: Database) -> None:
    id_, number, ended, going = uuid.uuid4(), phone(), str(uuid.uuid4()), str(uuid.uuid4())
    await hear(database, customer(id_, phones=[number]))
    common = {"customer": {"id": str(id_)}, "valid_until": "2099-01-01T00:00:00Z"}
    lists = [
        testing.event(LIST_ISSUED, common | {"campaign_id": campaign, "lines": [{"coupon_code": code}]})
        for campaign, code in ((ended, "A"), (going, "B"))
    ]
    back = testing.event("perennial.coupon.reinstated.v1", common | {"campaign_id": ended, "code": "C"})
    for events in ([*lists, testing.event("perennial.campaign.ended.v1", {"id": ended})], [back, lists[0]]):
        await hear(database, *events)
        (match,) = (await get(client, "/v1/screen-pop", phone=number))["matches"]
        assert [shown["code"] for shown in match["open_coupons"]] == ["B"]


async def test_open_coupons_come_from_lists_and_go_when_used(client: TestClient, database: Database) -> None:
    id_, offer, number, later = uuid.uuid4(), str(uuid.uuid4()), phone(), "2099-01-01T00:00:00Z"
    lines = [{"offer": {"id": offer}, "coupon_code": code} for code in ("A", "B", "C")]
    issued = {
        "customer": {"id": str(id_)},
        "valid_until": later,
        "lines": [*lines, {"offer": None, "coupon_code": None}],
    }
    coupon = {"customer": {"id": str(id_)}, "valid_until": later, "offer_id": offer}
    await hear(database, customer(id_, phones=[number]))
    await hear(
        database,
        testing.event(LIST_ISSUED, issued),
        testing.event("perennial.coupon.redeemed.v1", coupon | {"code": "A"}),
        testing.event("perennial.coupon.redeemed.v1", coupon | {"code": "B"}),
        testing.event("perennial.coupon.reinstated.v1", coupon | {"code": "B"}),
        testing.event("perennial.coupon.redeemed.v1", coupon | {"code": "X", "customer": None}),
    )
    (match,) = (await get(client, "/v1/screen-pop", phone=number))["matches"]
    assert [shown["code"] for shown in match["open_coupons"]] == ["B", "C"]
    assert match["open_coupons"][0] == {"code": "B", "offer_id": offer, "valid_until": "2099-01-01T00:00:00.000000Z"}
    past = coupon | {"code": "B", "valid_until": "2020-01-01T00:00:00Z"}
    await hear(database, testing.event("perennial.coupon.reinstated.v1", past))
    (match,) = (await get(client, "/v1/screen-pop", phone=number))["matches"]
    assert [shown["code"] for shown in match["open_coupons"]] == ["C"]
    assert (await known_rows(database, [id_]))["open_coupons"] == 2
    async with database.connection() as connection:
        await projections.drop_expired_coupons(connection, [])
    assert (await known_rows(database, [id_]))["open_coupons"] == 1
    (match,) = (await get(client, "/v1/screen-pop", phone=number))["matches"]
    assert [shown["code"] for shown in match["open_coupons"]] == ["C"]


async def test_an_erased_customer_leaves_no_words_behind(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    await hear(database, customer(id_, phones=[number]))
    ticket = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}, "body": "I am Anna"})
    await post(client, f"/v1/tickets/{ticket['id']}/messages", {"author_kind": "customer", "body": "Anna again"})
    event = {"call_id": uuid.uuid4().hex, "type": "ringing", "at": "2026-06-01T12:00:00Z", "from": number}
    call = await post(client, "/v1/call-events", event)
    body = {"kind": "csat", "score": 1, "comment": "Anna is cross", "customer": {"phone": number}}
    answer = await post(client, "/v1/survey-responses", body)
    await hear(database, erased(id_))
    (entry,) = (await get(client, "/v1/audit/callcenter", resource=f"/v1/customers/{id_}"))["data"]
    assert entry["action"] == "erase_customer"
    told = [
        await get(client, f"/v1/tickets/{ticket['id']}"),
        await get(client, f"/v1/tickets/{ticket['id']}/messages"),
        await get(client, f"/v1/calls/{call['id']}"),
        await get(client, f"/v1/survey-responses/{answer['id']}"),
        await get(client, "/v1/screen-pop", phone="+14155550100"),
        [e.read(dict[str, Any]) for e in await read_feed(client, database, "callcenter") if e.subject == str(id_)],
    ]
    assert "Anna" not in str(told)
    assert number not in str(told)
    assert told[0]["customer"] == {
        "id": str(id_),
        "handle": {"id": str(id_)},
        "resolution": "resolved",
        "candidates": [],
        "decided_by": "rule",
    }
    assert (await get(client, "/v1/screen-pop", phone=number))["matches"] == []


async def test_what_was_told_before_a_customer_was_known_is_erased_too(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    made = [
        ("tickets", await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}, "body": "I am Anna"})),
        ("calls", await post(client, "/v1/call-events", RINGING | {"call_id": uuid.uuid4().hex, "from": number})),
        ("survey-responses", await post(client, "/v1/survey-responses", CROSS | {"customer": {"phone": number}})),
    ]
    words = {"author_kind": "customer", "author": "Anna", "body": f"Call Anna at {number}"}
    message = await post(client, f"/v1/tickets/{made[0][1]['id']}/messages", words)
    await post(client, f"/v1/tickets/{made[0][1]['id']}/actions", {"action": "solve"})
    await hear(database, customer(id_, phones=[number]))
    await hear(database, erased(id_))
    feed = await read_feed(client, database, "callcenter")
    for noun, first in made:
        events = [event.read(dict[str, Any]) for event in feed if event.source == f"/v1/{noun}/{first['id']}"]
        last = await get(client, f"/v1/{noun}/{first['id']}")
        assert events == [last | {"version": version} for version in range(1, last["version"] + 1)]
        assert last["version"] > 2
        assert "Anna" not in str(events)
        assert number not in str(events)
    (told,) = [event for event in feed if event.source == f"/v1/ticket-messages/{message['id']}"]
    assert "Anna" not in str(told)
    assert number not in str(told)
    kept_events = text("select count(*) from call_events where position(:number in event::text) > 0")
    async with database.begin() as session:
        assert await session.scalar(kept_events, {"number": number}) == 0


async def test_no_kept_answer_tells_of_an_erased_customer(client: TestClient, database: Database) -> None:
    id_, number, anothers = uuid.uuid4(), phone(), phone()
    await hear(database, customer(id_, phones=[number]))

    async def keyed(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await client.post(path, json=body, headers={"Idempotency-Key": uuid.uuid4().hex})
        assert answer.is_success, answer.text
        return dict(answer.json())

    theirs = TICKET | {"customer": {"phone": number}}
    ticket = await keyed("/v1/tickets", theirs)
    await keyed("/v1/tickets/batch", {"items": [theirs]})
    await keyed(f"/v1/tickets/{ticket['id']}/messages", {"author_kind": "customer", "body": f"Call {number}"})
    await keyed(f"/v1/tickets/{ticket['id']}/actions", {"action": "solve"})
    await keyed("/v1/call-events", RINGING | {"call_id": uuid.uuid4().hex, "from": number})
    await keyed("/v1/survey-responses", CROSS | {"customer": {"phone": number}})
    await keyed("/v1/tickets", TICKET | {"customer": {"phone": anothers}})
    assert (await kept(database, number), await kept(database, anothers)) == (6, 1)
    await hear(database, erased(id_))
    assert (await kept(database, number), await kept(database, anothers)) == (0, 1)


async def test_no_feed_brings_an_erased_customer_back(client: TestClient, database: Database) -> None:
    id_, unheard_of, number = uuid.uuid4(), uuid.uuid4(), phone()
    await hear(database, customer(id_, phones=[number]), score(id_, "gold"))
    await hear(database, erased(id_), customer(id_, version=3, phones=[number]), erased(unheard_of))
    issued = {"valid_until": "2099-01-01T00:00:00Z", "lines": [{"coupon_code": "A"}]}
    for gone in (id_, unheard_of):
        await hear(database, customer(gone, version=4, phones=[number]), score(gone, "gold", "2026-02-01T00:00:00Z"))
        data = issued | {"customer": {"id": str(gone)}}
        await hear(database, testing.event(LIST_ISSUED, data))
    assert (await get(client, "/v1/screen-pop", phone=number))["matches"] == []
    assert await known_rows(database, [id_, unheard_of]) == {
        "customers": 2, "customer_handles": 0, "customer_scores": 0, "open_coupons": 0
    }  # fmt: skip
