from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.consumers import customer as feed
from campaign.projections import repository
from campaign.projections.rules import external_handle, stored_handle
from crmkit.data import db
from crmkit.testing import event

CUSTOMER = UUID(int=1)


async def apply(session: AsyncSession, *events: Any) -> None:
    await feed.apply(session, events)


def customer(version: int, **data: Any) -> Any:
    return event("perennial.customer.updated.v1", {"id": CUSTOMER, "version": version} | data, position=version)


def order(version: int, **data: Any) -> Any:
    whole = {
        "id": UUID(int=7),
        "version": version,
        "customer": {"id": CUSTOMER},
        "placed_at": "2017-12-05T03:30:00Z",
        "total_amount": 1250,
        "source": "tcj",
        "external_id": "4711",
        "lines": [],
    }
    return event("perennial.order.placed.v1", whole | data, position=version)


async def purchases(session: AsyncSession) -> list[tuple[str, int]]:
    rows = await session.execute(
        text("select purchased_at, amount from purchases where customer_id = :id order by purchased_at, amount"),
        {"id": CUSTOMER},
    )
    return [(f"{row.purchased_at:%Y-%m-%dT%H:%M}", row.amount) for row in rows]


async def test_a_customer_is_found_by_every_handle(session: AsyncSession) -> None:
    known = {"external_ids": [{"source": "tcj", "external_id": "1"}], "cards": ["tcj-1"]}
    await apply(session, customer(1, phones=["+15551234567"], emails=["Anna@Example.com"], **known))
    connection = await db.driver(session)
    for handle in (
        external_handle("tcj", "1"),
        stored_handle("card", "tcj-1"),
        stored_handle("phone", "+1 555 123 4567"),
        stored_handle("email", "anna@example.COM"),
    ):
        assert await repository.find_customers(connection, handle) == [CUSTOMER]
    kept = (await session.scalars(text("select value from customer_handles"))).all()
    assert not any("1234567" in value or "@" in value for value in kept)


async def test_handles_that_were_taken_away_are_forgotten(session: AsyncSession) -> None:
    await apply(session, customer(1, cards=["old"], name="Anna"), customer(2, cards=["new"]))
    await apply(session, customer(1, cards=["old"]))
    connection = await db.driver(session)
    assert await repository.find_customers(connection, stored_handle("card", "old")) == []
    assert await repository.find_customers(connection, stored_handle("card", "new")) == [CUSTOMER]


async def test_an_erased_customer_leaves_nothing_behind(session: AsyncSession) -> None:
    await apply(session, customer(1, cards=["old"], name="Anna"))
    await apply(session, event("perennial.customer.erased.v1", {"id": CUSTOMER, "version": 2}, position=2))
    assert (
        await session.execute(text("select name from customers where id = :id"), {"id": CUSTOMER})
    ).scalars().all() == [None]
    assert await repository.find_customers(await db.driver(session), stored_handle("card", "old")) == []


async def test_a_purchase_has_its_instant_and_follows_its_order(session: AsyncSession) -> None:
    await apply(session, order(1))
    assert await purchases(session) == [("2017-12-05T03:30", 1250)]
    await apply(session, order(3, total_amount=900), order(2, total_amount=1))
    await apply(session, order(2, total_amount=1))
    assert await purchases(session) == [("2017-12-05T03:30", 900)]
    await apply(session, order(4, cancelled_at="2017-12-06T00:00:00Z"))
    assert await purchases(session) == [("2017-12-05T03:30", 0)]


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_an_instant_at_the_edge_of_the_calendar_holds_nothing_up(session: AsyncSession, edge: str) -> None:
    refund = {"id": uuid4(), "version": 1, "customer_id": CUSTOMER, "refunded_at": edge, "amount": 250}
    refunded = event("perennial.refund.recorded.v1", refund)
    await apply(session, order(1, placed_at=edge), refunded)
    assert [amount for _, amount in await purchases(session)] == [-250, 1250]


async def test_a_refund_counts_at_its_own_instant(session: AsyncSession) -> None:
    refund = {
        "id": uuid4(),
        "version": 1,
        "customer_id": CUSTOMER,
        "refunded_at": "2017-12-09T12:00:00Z",
        "amount": 250,
    }
    await apply(session, order(1), event("perennial.refund.recorded.v1", refund))
    assert await purchases(session) == [("2017-12-05T03:30", 1250), ("2017-12-09T12:00", -250)]


async def test_what_belongs_to_nobody_or_is_not_known_is_ignored(session: AsyncSession) -> None:
    await apply(session, order(1, customer={"id": None}), event("perennial.ticket.created.v1", {"id": 5}))
    assert await purchases(session) == []
