from typing import Any
from uuid import uuid4

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.offers import repository
from campaign.offers.schemas import NewOffer
from crmkit.data.db import Database

MANY = 32_768  # one more than the parameters of a statement


def offer(name: str) -> NewOffer:
    return NewOffer.model_validate({"name": name, "kind": "amount", "amount": 5, "target": {"product_type": "MILK"}})


async def test_any_number_of_offers_is_found_by_id(session: AsyncSession) -> None:
    (row,) = await repository.insert_offers(session, [offer("Milk")], "USD")
    ids = [row.id, *(uuid4() for _ in range(MANY))]
    assert [terms.offer_id for terms in await repository.find_current(session, ids, currency="USD")] == [row.id]
    assert await repository.names(session, ids) == {row.id: "Milk"}


async def test_a_thousand_offers_are_one_statement(session: AsyncSession, database: Database) -> None:
    inserts: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        inserts.extend([statement] if statement.startswith("INSERT") else [])

    offers = [offer(str(place)) for place in range(1000)]
    event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    try:
        rows = await repository.insert_offers(session, offers, "USD")
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", count)
    assert len(inserts) == 1
    assert [row.name for row in rows] == [each.name for each in offers]
