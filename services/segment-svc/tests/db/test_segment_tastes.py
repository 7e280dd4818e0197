"""Brand loyalty x usage and next purchases."""

from datetime import date

import pytest

from segment.scoring_models.schemas import Thresholds

AS_OF = date(2026, 3, 9)


async def lists(session, scorer, rule=None):
    run_id = await scorer.run(AS_OF, rule)
    rows = sorted(await scorer.table("next_purchases", run_id), key=lambda row: (row.customer_id, row.rank))
    found: dict[str, list[object]] = {}
    for row in rows:
        found.setdefault(str(row.customer_id), []).append(row)
    return found


async def test_recent_and_frequent_comes_first(session, feed, scorer):
    customer = feed.customer()
    milk, bread, soap = feed.product("MILK"), feed.product("BREAD"), feed.product("SOAP")
    for day in ("2025-03-10", "2025-03-11", "2025-03-12"):
        feed.order(customer, day, [(soap, 1, 100)])
    for day in ("2026-02-01", "2026-03-01"):
        feed.order(customer, day, [(milk, 1, 100)])
    feed.order(customer, "2026-03-08", [(bread, 1, 100)])
    await feed.apply(session)
    rows = (await lists(session, scorer))[customer]
    assert [row.product_type for row in rows] == ["MILK", "BREAD", "SOAP"]
    assert [row.rank for row in rows] == [1, 2, 3]
    assert float(rows[1].score) == pytest.approx(0.5 ** (1 / 90), abs=1e-6)


async def test_an_order_counts_once_for_a_type(session, feed, scorer):
    customer = feed.customer()
    whole, skimmed, bread = feed.product("MILK"), feed.product("MILK"), feed.product("BREAD")
    feed.order(customer, "2026-03-08", [(whole, 1, 100), (skimmed, 1, 100), (bread, 1, 100)])
    await feed.apply(session)
    rows = (await lists(session, scorer))[customer]
    assert rows[0].score == rows[1].score


async def test_only_goods_are_listed(session, feed, scorer):
    customer = feed.customer()
    goods = feed.product("MILK")
    others = [
        feed.product("GASOLINE", department="FUEL"),
        feed.product("SAVINGS", product_category="COUPON"),
        feed.product(None),
    ]
    lines = [(goods, 1, 100), *((id, 1, 100) for id in others)]
    lines += [(feed.product("NOTHING"), 0, 100), (feed.product("FREE"), 1, 0)]
    feed.order(customer, "2026-03-08", lines)
    await feed.apply(session)
    assert [row.product_type for row in (await lists(session, scorer))[customer]] == ["MILK"]


async def test_a_short_list_is_filled_with_what_is_popular(session, feed, scorer):
    regular, prospect = feed.customer(), feed.customer()
    products = [feed.product(name) for name in ("MILK", "BREAD", "SOAP")]
    for number, day in enumerate(("2026-03-06", "2026-03-07", "2026-03-08"), 1):
        feed.order(regular, day, [(product, 1, 100) for product in products[:number]])
    newcomer = feed.customer()
    feed.order(newcomer, "2026-03-08", [(products[2], 1, 100)])
    await feed.apply(session)
    found = await lists(session, scorer, Thresholds(list_length=2))
    assert [row.product_type for row in found[prospect]] == ["MILK", "SOAP"]
    assert [(row.product_type, row.rank, row.score > 0) for row in found[newcomer]] == [
        ("SOAP", 1, True), ("MILK", 2, False),
    ]  # fmt: skip
    assert str(found[prospect][0].typical_product_id) == products[0]


async def test_the_typical_product_is_the_one_bought_most(session, feed, scorer):
    customer = feed.customer()
    whole, skimmed = feed.product("MILK"), feed.product("MILK")
    for day, product in (("2026-01-01", whole), ("2026-01-08", whole), ("2026-03-01", skimmed)):
        feed.order(customer, day, [(product, 1, 100)])
    await feed.apply(session)
    assert str((await lists(session, scorer))[customer][0].typical_product_id) == whole


async def test_a_rhythm_needs_three_days(session, feed, scorer):
    customer = feed.customer()
    milk, bread = feed.product("MILK"), feed.product("BREAD")
    for day in ("2026-02-02", "2026-02-12", "2026-03-04"):
        feed.order(customer, day, [(milk, 1, 100)])
    for day in ("2026-02-02", "2026-02-12"):
        feed.order(customer, day, [(bread, 1, 100)])
    await feed.apply(session)
    due = {row.product_type: row.expected_on for row in (await lists(session, scorer))[customer]}
    assert due == {"MILK": date(2026, 3, 19), "BREAD": None}


@pytest.mark.parametrize(
    ("private", "national", "unbranded", "group"),
    [
        (7, 3, 0, "store"),
        (3, 7, 0, "national"),
        (6, 4, 0, "switcher"),
        (0, 6, 4, "switcher"),
        (7, 0, 3, "store"),
    ],
)
async def test_seven_tenths_of_the_units_make_a_loyalty(session, feed, scorer, private, national, unbranded, group):
    customer = feed.customer()
    own, other, none = (feed.product("MILK", brand=brand) for brand in ("private", "national", None))
    feed.order(customer, "2026-01-01", [(own, private, 100), (other, national, 100)])
    feed.order(customer, "2026-01-02", [(none, unbranded, 100)])
    feed.order(customer, "2026-01-02", [(own, 0, 100)])
    await feed.apply(session)
    run_id = await scorer.run(AS_OF, Thresholds(category_days=1))
    (row,) = await scorer.table("brand_loyalty_by_usage", run_id)
    assert (row.loyal_to, row.usage) == (group, "low")


async def test_usage_is_ranked_within_its_category_among_those_who_buy_often_enough(session, feed, scorer):
    customers = [feed.customer() for _ in range(4)]
    milk = feed.product("MILK", brand="national")
    for units, customer in zip((1, 2, 3), customers, strict=False):
        for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
            feed.order(customer, day, [(milk, units, 100)])
    feed.order(customers[3], "2026-01-01", [(milk, 500, 100)])
    await feed.apply(session)
    run_id = await scorer.run(AS_OF)
    found = {str(row.customer_id): row.usage for row in await scorer.table("brand_loyalty_by_usage", run_id)}
    assert found == dict(zip(customers, ("low", "mid", "high"), strict=False))
