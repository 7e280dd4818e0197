from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from campaign.offers import repository
from campaign.offers.schemas import NewOffer

MANY = 32_768  # one more than the parameters of a statement


def offer(name: str) -> NewOffer:
    return NewOffer.model_validate({"name": name, "kind": "amount", "amount": 5, "target": {"product_type": "MILK"}})


async def test_any_number_of_offers_is_found_by_id(session: AsyncSession) -> None:
    (row,) = await repository.insert_offers(session, [offer("Milk")], "USD")
    ids = [row.id, *(uuid4() for _ in range(MANY))]
    assert [terms.offer_id for terms in await repository.find_current(session, ids, currency="USD")] == [row.id]
    assert await repository.names(session, ids) == {row.id: "Milk"}
