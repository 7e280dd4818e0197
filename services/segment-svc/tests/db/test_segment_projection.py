"""The projection of the customer feed: idempotent, by version, whatever the order of batches."""

from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

TABLES = ("customers", "customer_external_ids", "products", "orders", "refunds")


async def contents(session: AsyncSession) -> dict[str, list[object]]:
    found = {}
    for table in TABLES:
        rows = await session.execute(text(f"select * from {table}"))
        found[table] = sorted(map(repr, rows))
    return found


async def only(session: AsyncSession, sql: str) -> object:
    return (await session.execute(text(sql))).one()


async def test_a_feed_read_again_from_the_start_changes_nothing(session, feed):
    customer = feed.customer("1")
    order = feed.order(customer, "2026-01-05", 500)
    feed.refund(customer, order, "2026-01-09", 200)
    feed.product("MILK")
    feed.order(customer, "2026-01-06", 700, id=order, version=2)
    read = await feed.apply(session)
    before = await contents(session)
    feed.pending = read[:2]
    await feed.apply(session)
    feed.pending = read
    await feed.apply(session)
    assert await contents(session) == before


async def test_an_older_version_is_ignored_within_a_batch_and_after_it(session, feed):
    customer = feed.customer()
    order = feed.order(customer, "2026-01-06", 700, version=2)
    feed.order(customer, "2026-01-05", 500, id=order, version=1)
    await feed.apply(session)
    feed.order(customer, "2026-01-05", 500, id=order, version=1)
    await feed.apply(session)
    assert tuple(await only(session, "select version, amount, day::text from orders")) == (2, 700, "2026-01-06")


async def test_a_newer_version_replaces_all_lines(session, feed):
    customer = feed.customer()
    milk, bread = feed.product("MILK"), feed.product("BREAD")
    order = feed.order(customer, "2026-01-05", [(milk, 2, 300), (bread, 1, 200)])
    await feed.apply(session)
    feed.order(customer, "2026-01-05", [(bread, 1.5, 250)], id=order, version=2)
    await feed.apply(session)
    row = await only(session, "select amount, line_count, amounts, quantity_thousandths from orders")
    assert tuple(row) == (250, 1, [250], [1500])


async def test_a_customer_s_external_ids_follow_its_newest_version(session, feed):
    customer = feed.customer("old")
    await feed.apply(session)
    feed.customer("new", id=customer, version=2)
    await feed.apply(session)
    feed.customer("old", id=customer, version=1)
    await feed.apply(session)
    assert tuple(await only(session, "select position, source, external_id from customer_external_ids")) == (
        0, "shop", "new",
    )  # fmt: skip


async def test_erasure_forgets_everything_and_a_replay_brings_nothing_back(session, feed, scorer):
    customer = feed.customer("1")
    feed.order(customer, "2026-01-05", 500)
    told = await feed.apply(session)
    run_id = await scorer.run(date(2026, 2, 1))
    assert await scorer.table("scores", run_id)
    feed.erase(customer)
    await feed.apply(session)
    feed.pending = told
    await feed.apply(session)
    for table in ("orders", "customer_external_ids", "scores", "next_purchases", "brand_loyalty"):
        assert await session.scalar(text(f"select count(*) from {table}")) == 0
    assert await session.scalar(text("select erased from customers")) is True


async def test_what_erasure_leaves_of_earlier_events_is_passed_over(session, feed):
    customer = feed.customer("1")
    feed._add("customer.updated", None, subject=customer)
    feed._add("order.placed", {}, subject=customer)
    await feed.apply(session)
    assert await session.scalar(text("select count(*) from customers")) == 1
    assert await session.scalar(text("select count(*) from orders")) == 0


async def test_events_of_no_concern_are_passed_over(session, feed):
    feed._add("interaction.recorded", {"id": "x"})
    feed._add("store.created", {"id": "y", "version": 1})
    await feed.apply(session)
