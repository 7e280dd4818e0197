"""Step 4: the baskets of the next two weeks at the till: what was redeemed, how good the lists were."""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from rich.table import Table

from demo import data, quality, results, till
from demo.api import Api, Page
from demo.feeds import await_reader
from demo.load import AS_OF
from demo.promote import PERIOD_DAYS, WEEKLY_SPEND_AMOUNT, Promotion
from demo.quality import Quality
from demo.stage import Stage, percent
from demo.till import Sale

PERIOD: Final = data.Days(AS_OF, AS_OF + dt.timedelta(days=PERIOD_DAYS))
REFERENCE: Final = Quality(0, 0.483, 0.935)

LISTS: Final = "GET /v1/shopping-lists?campaign_id={id}"
DUE: Final = f"GET /v1/next-purchases?as_of={AS_OF}"

Bought = dict[str, set[str]]
Listed = dict[str, list[str]]


class NextPurchase(msgspec.Struct, frozen=True):
    customer_id: str
    product_type: str
    rank: int


class Score(msgspec.Struct, frozen=True):
    customer_id: str


def run(stage: Stage, promotion: Promotion) -> None:
    """Replay, wait until the orders are made, and look at what came of it."""
    again = _was_replayed(stage.api)
    sales = _replay(stage)
    types = {each.external_id: each.product_type for each in promotion.products if each.is_goods and each.product_type}
    bought = _bought(sales, types)
    _tell_quality(stage, promotion, bought)
    with stage.progress() as progress:
        await_reader(stage.api, progress, "campaign", "customer")
        await_reader(stage.api, progress, "customer", "campaign")
    results.show(stage, promotion.campaign_id, again=again)


def _was_replayed(api: Api) -> bool:
    """Whether the platform has orders of these weeks already."""
    since = dt.datetime.combine(PERIOD.since, dt.time(), ZoneInfo(data.TIME_ZONE))
    return bool(api.get("/v1/orders", Page, placed_at_gte=since.astimezone(dt.UTC).isoformat(), limit=1).data)


def _replay(stage: Stage) -> list[Sale]:
    baskets = data.baskets(PERIOD)
    started = time.monotonic()
    with stage.progress() as progress:
        task = progress.add_task("replay baskets", total=len(baskets))
        sales = []
        for sale in till.replay(stage.api, baskets):
            sales.append(sale)
            progress.advance(task)
    taken = time.monotonic() - started
    anonymous = sum(sale.checkout.customer.id is None for sale in sales)
    redeeming = sum(bool(sale.checkout.applied) for sale in sales)
    told = f"{len(sales):,} in {taken:.0f} s"
    stage.console.print(
        f"Baskets: {told}, {len(sales) / taken:.0f} a second; {redeeming:,} redeemed a coupon or more; "
        f"{anonymous:,} had a card nobody knows and went on as anonymous"
    )
    stage.note("baskets replayed", told, "POST /v1/checkouts, POST /v1/checkouts/{id}/confirm")
    return sales


def _bought(sales: Iterable[Sale], types: dict[str, str]) -> Bought:
    """Types of goods by customer, from the baskets as they were checked out: what could have stood on a list."""
    bought: Bought = defaultdict(set)
    for sale in sales:
        customer_id = sale.checkout.customer.id
        for line in sale.basket.lines:
            name = types.get(str(line.product_id))
            if customer_id is not None and name and line.quantity > 0 and line.amount > 0:
                bought[customer_id].add(name)
    return bought


def _tell_quality(stage: Stage, promotion: Promotion, bought: Bought) -> None:
    """Who bought no goods at all counts as missed in one row, and is left out of the next."""
    printed = {each.customer.id: [line.product_type or "" for line in each.lines] for each in promotion.lists}
    due = _due(stage.api)
    table = Table(
        "lists", "households", "precision@10", "at least one hit", title="Quality of the lists, by product type"
    )
    for name, listed, endpoint in (
        ("as printed (none for control)", printed, LISTS),
        ("as printed, households that bought goods", _of_those_who_bought(printed, bought), LISTS),
        ("all that are due", due, DUE),
        ("all that are due, households that bought goods", _of_those_who_bought(due, bought), DUE),
    ):
        measured = quality.measure(listed, bought)
        told = f"{measured.precision:.3f}", percent(measured.hit_share)
        table.add_row(name, f"{measured.households:,}", *told)
        stage.note(f"precision@10 of lists {name}", f"{told[0]}; {told[1]} with a hit", endpoint)
    table.add_section()
    table.add_row(
        "reference: plain recency-weighted frequency", "", f"{REFERENCE.precision:.3f}", percent(REFERENCE.hit_share)
    )
    stage.console.print(table)
    stayed_away = sum(customer_id not in bought for customer_id in due)
    stage.console.print(
        f"{stayed_away:,} of {len(due):,} eligible households bought no goods in the two weeks: no list can hit there."
        " The reference counts the others."
    )


def _of_those_who_bought(listed: Listed, bought: Bought) -> Listed:
    return {customer_id: types for customer_id, types in listed.items() if customer_id in bought}


def _due(api: Api) -> Listed:
    """What every eligible customer was due to buy, the control group included, the best first."""
    scores = api.lines("/v1/scores", Score, as_of=str(AS_OF), weekly_spend_gte=WEEKLY_SPEND_AMOUNT)
    due: dict[str, list[NextPurchase]] = {score.customer_id: [] for score in scores}
    for purchase in api.lines("/v1/next-purchases", NextPurchase, as_of=str(AS_OF)):
        if purchase.customer_id in due:
            due[purchase.customer_id].append(purchase)
    return {
        customer_id: [each.product_type for each in sorted(rows, key=lambda row: row.rank)]
        for customer_id, rows in due.items()
    }
