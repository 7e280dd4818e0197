"""The set statements against the definitions in plain Python, and at the edges of days."""

import random
from datetime import date, timedelta
from uuid import UUID

import pytest

from segment.scores import rules
from segment.scores.rules import History, Purchase, Refund
from segment.scoring_models.schemas import Thresholds

AS_OF = date(2026, 3, 9)
RULE = Thresholds()


def some_history(chance: random.Random, feed) -> History:
    """A random customer, told to the feed and to the rules."""
    external_id = chance.choice([None, str(chance.randrange(9)), f"c{chance.randrange(9)}"])
    customer = feed.customer(external_id)
    purchases, refunds = [], []
    for _ in range(chance.choice([0, 1, 2, 5, 30])):
        day = AS_OF - timedelta(chance.choice([-3, 0, 1, 30, 31, 84, 85, 168, 169, chance.randrange(1, 400)]))
        cancelled_on = day + timedelta(chance.randrange(40)) if chance.random() < 0.1 else None
        amount = chance.choice([0, 500, 500, chance.randrange(10_000)])
        told = f"{cancelled_on}T18:00:00Z" if cancelled_on else None
        order = feed.order(customer, str(day), amount, cancelled_at=told)
        purchases.append(Purchase(day, amount, cancelled_on))
        if chance.random() < 0.1 and cancelled_on is None:
            refunded = day + timedelta(chance.randrange(90))
            feed.refund(customer, order, str(refunded), amount)
            refunds.append(Refund(refunded, amount))
    return History(UUID(customer), external_id, purchases, refunds)


def expected(histories: list[History], rule: Thresholds) -> dict[str, tuple[object, ...]]:
    measured = {each.customer_id: rules.measure(each, AS_OF, rule) for each in histories}
    ranked = [each for each in histories if measured[each.customer_id].order_count]
    figures = [measured[each.customer_id] for each in ranked]
    order = rules.by_value(ranked, [each.revenue_amount for each in figures])
    classes = rules.abc([figures[place].revenue_amount for place in order], rule.a_percent)
    ranks = {place: number for number, place in enumerate(order, 1)}
    threshold = rules.amount_threshold(figures)
    recency = rules.bands([-(each.recency_days or 0) for each in figures], rule.bands)
    frequency = rules.bands([each.order_count for each in figures], rule.bands)
    monetary = rules.bands([each.revenue_amount for each in figures], rule.bands)
    found: dict[str, tuple[object, ...]] = {}
    for place, (who, figure) in enumerate(zip(ranked, figures, strict=True)):
        rank = ranks[place]
        found[str(who.customer_id)] = (
            (recency[place], frequency[place], monetary[place]),
            classes[rank - 1],
            rank,
            rules.tier(rank, len(ranked), rule),
            rules.svcd(figure, threshold, rule),
        )
    return found


@pytest.mark.parametrize("seed", range(8))
async def test_the_set_statements_keep_the_definitions(session, feed, scorer, seed):
    chance = random.Random(seed)
    rule = RULE if seed % 2 else Thresholds(bands=3, platinum_percent=10, window_days=30, a_percent=50)
    histories = [some_history(chance, feed) for _ in range(40)]
    await feed.apply(session)
    rows = await scorer.scores(AS_OF, rule)
    classes = expected(histories, rule)
    assert len(rows) == len(histories)
    for history in histories:
        id, row = str(history.customer_id), rows[str(history.customer_id)]
        measured = rules.measure(history, AS_OF, rule)
        assert (
            row.order_count, row.revenue_amount, row.recency_days, row.tenure_days, row.purchase_days,
            row.spend_w0_amount, row.spend_w1_amount, row.recent_amount,
        ) == (
            measured.order_count, measured.revenue_amount, measured.recency_days, measured.tenure_days,
            measured.purchase_days, measured.spend_w0_amount, measured.spend_w1_amount, measured.recent_amount,
        )  # fmt: skip
        lifecycle = rules.lifecycle(measured, rule)
        assert (row.stage, row.state) == (lifecycle.stage, lifecycle.state)
        assert row.stability == rules.stability(measured, rule)
        bands = row.recency_band, row.frequency_band, row.monetary_band
        found = (bands, row.abc, row.rank, row.tier, row.svcd)
        assert found == classes.get(id, ((None, None, None), "C", None, None, None))


@pytest.mark.parametrize(
    ("placed_at", "counts"),
    [
        ("2026-03-08T04:59:59Z", True),
        ("2026-03-08T05:00:00Z", False),
    ],
)
async def test_the_day_the_clocks_change_begins_at_its_own_midnight(session, feed, scorer, placed_at, counts):
    customer = feed.customer()
    feed.order(customer, placed_at, 500)
    await feed.apply(session)
    assert (await scorer.scores(date(2026, 3, 8)))[customer].order_count == int(counts)


async def test_the_day_after_the_clocks_change_begins_an_hour_earlier(session, feed, scorer):
    customer = feed.customer()
    feed.order(customer, "2026-03-09T03:59:59Z", 500)
    feed.order(customer, "2026-03-09T04:00:00Z", 700)
    await feed.apply(session)
    assert (await scorer.scores(date(2026, 3, 9)))[customer].revenue_amount == 500


async def test_a_refund_of_a_cancelled_order_counts_no_more_than_the_order(session, feed, scorer):
    customer = feed.customer()
    order = feed.order(customer, "2026-01-05", 500, cancelled_at="2026-01-20T12:00:00Z")
    feed.refund(customer, order, "2026-01-10", 500)
    await feed.apply(session)
    assert (await scorer.scores(date(2026, 1, 15)))[customer].revenue_amount == 0
    row = (await scorer.scores(date(2026, 2, 1)))[customer]
    assert (row.order_count, row.revenue_amount, row.stage) == (0, 0, "prospect")


async def test_orders_in_another_currency_are_refused_and_counted(session, feed, scorer):
    customer = feed.customer()
    feed.order(customer, "2026-01-05", 500)
    feed.order(customer, "2026-01-06", 900, currency="EUR")
    feed.order(customer, "2026-01-07", 900, currency="EUR")
    await feed.apply(session)
    run_id = await scorer.run(AS_OF)
    (run,) = await scorer.table("scoring_runs", run_id)
    (row,) = await scorer.table("scores", run_id)
    assert row.revenue_amount == 500
    assert run.refused == [{"currency": "EUR", "order_count": 2}]


async def test_channels_and_internal_customers_are_not_ranked(session, feed, scorer):
    shopper, dealer = feed.customer(), feed.customer(kind="channel")
    for customer in (shopper, dealer):
        feed.order(customer, "2026-01-05", 500)
    await feed.apply(session)
    assert set(await scorer.scores(AS_OF)) == {shopper}


async def test_an_empty_business_can_be_scored(scorer):
    assert await scorer.scores(AS_OF) == {}


async def test_the_deal_share_is_of_line_value(session, feed, scorer):
    customer = feed.customer()
    feed.order(customer, "2026-01-05", 300, discount=50)
    feed.order(customer, "2026-01-06", 100)
    await feed.apply(session)
    assert (await scorer.scores(AS_OF))[customer].deal_share == 0.75
