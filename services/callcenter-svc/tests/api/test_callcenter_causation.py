import uuid

from callcenter_hearsay import (
    CROSS,
    RINGING,
    TICKET,
    customer,
    erased,
    get,
    hear,
    look_again,
    origin,
    phone,
    post,
    traced,
)
from sqlalchemy import text

from crmkit.data.db import Database
from crmkit.testing import TestClient


async def test_what_is_linked_names_the_event_that_linked_it(client: TestClient, database: Database) -> None:
    ids, numbers = [uuid.uuid4(), uuid.uuid4()], [phone(), phone()]
    sources: list[list[str]] = []
    for number in numbers:
        named = {"customer": {"phone": number}}
        ticket = await post(client, "/v1/tickets", TICKET | named)
        call = await post(client, "/v1/call-events", RINGING | {"call_id": uuid.uuid4().hex, "from": number})
        answer = await post(client, "/v1/survey-responses", CROSS | named)
        made = {"tickets": ticket, "calls": call, "survey-responses": answer}
        sources.append([f"/v1/{noun}/{each['id']}" for noun, each in made.items()])
    told = [traced(customer(id_, phones=[number])) for id_, number in zip(ids, numbers, strict=True)]
    await hear(database, *told)
    for event, of_one in zip(told, sources, strict=True):
        for source in of_one:
            assert await origin(client, database, source) == (event.id, event.traceparent)
    gone = [traced(erased(id_)) for id_ in ids]
    await hear(database, *gone)
    for event, of_one in zip(gone, sources, strict=True):
        for source in of_one:
            assert await origin(client, database, source) == (event.id, event.traceparent)


async def test_a_handle_that_passes_on_names_who_got_it_as_the_cause(client: TestClient, database: Database) -> None:
    one, other, number = uuid.uuid4(), uuid.uuid4(), phone()
    await hear(database, customer(one, phones=[number]), customer(other, phones=[number]))
    ticket = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}})
    assert ticket["customer"]["resolution"] == "ambiguous"
    left = traced(erased(one))
    await hear(database, left)
    linked = await get(client, f"/v1/tickets/{ticket['id']}")
    assert linked["customer"]["id"] == str(other)
    assert await origin(client, database, f"/v1/tickets/{ticket['id']}") == (left.id, left.traceparent)


async def test_what_is_linked_on_a_second_look_has_no_cause(client: TestClient, database: Database) -> None:
    id_, number = uuid.uuid4(), phone()
    ticket = await post(client, "/v1/tickets", TICKET | {"customer": {"phone": number}})
    async with database.begin() as session:
        add = "insert into customer_handles (kind, value, customer_id) values ('phone', :number, :id)"
        await session.execute(text(add), {"number": number, "id": id_})
    await look_again(database)
    assert (await get(client, f"/v1/tickets/{ticket['id']}"))["customer"]["id"] == str(id_)
    assert await origin(client, database, f"/v1/tickets/{ticket['id']}") == (None, None)
