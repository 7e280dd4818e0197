import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.erasures import repository
from crmkit.db import driver

ADD = text(
    "insert into outbox (type, source, subject, data)"
    " values ('perennial.call.updated.v1', :source, :subject, cast(:data as json))"
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
