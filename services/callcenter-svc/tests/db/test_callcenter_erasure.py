import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.erasures import repository
from crmkit.data.db import driver

ADD = text(
    "insert into outbox (type, source, subject, data)"
    " values ('perennial.call.updated.v1', :source, :subject, cast(:data as json))"
)

PARK = text(
    "insert into feed_parked (consumer, sequence, subject, event, error, attempts)"
    " values (:consumer, :sequence, :subject, :event, 'broken', 5)"
)


async def told(session: AsyncSession, source: str) -> object:
    return await session.scalar(text("select data from outbox where source = :source"), {"source": source})


@pytest.mark.parametrize("words", ["Anna", r"\u0000 Anna", r"\"version\" : 9 Anna"])
async def test_events_of_what_is_anothers_by_now_keep_id_and_version(session: AsyncSession, words: str) -> None:
    customer_id, id_ = uuid.uuid4(), str(uuid.uuid4())
    data = f'{{"id" : "{id_}", "call_id" : "{words}", "version" : 3, "custom" : {{"version" : 5}}}}'
    await session.execute(ADD, {"source": f"/v1/calls/{id_}", "subject": str(customer_id), "data": data})
    await repository.erase_traces(await driver(session), [customer_id])
    assert await told(session, f"/v1/calls/{id_}") == {"id": id_, "version": 3}


async def test_parked_events_of_the_erased_are_dropped_whatever_feed_they_came_by(session: AsyncSession) -> None:
    gone, other = uuid.uuid4(), uuid.uuid4()
    for consumer, subject in (("customer", gone), ("segment", gone), ("campaign", gone), ("segment", other)):
        row = {"consumer": consumer, "sequence": uuid.uuid4().hex, "subject": str(subject), "event": b"Anna"}
        await session.execute(PARK, row)
    await repository.erase_traces(await driver(session), [gone])
    left = await session.scalars(text("select subject from feed_parked"))
    assert left.all() == [str(other)]
