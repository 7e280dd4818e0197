"""Step 2: wait until segment-svc has caught up, score everybody as of one day, show what came out."""

import time
from collections import Counter
from typing import Final

import msgspec
from rich.table import Table

from demo.api import Api, Job, Refused
from demo.feeds import await_reader
from demo.load import AS_OF
from demo.stage import Stage, dollars, percent

PICTURES: Final = ("pyramid", "rfm")
BANDS: Final = range(1, 6)
CATEGORIES: Final = 6
GROUPS: Final = [(group, usage) for group in ("store", "national", "switcher") for usage in ("low", "mid", "high")]


class PyramidRow(msgspec.Struct):
    tier: str
    customer_count: int
    customer_share: float | None
    revenue_amount: int
    revenue_share: float | None
    strategy: str
    relationship: str


class RfmRow(msgspec.Struct):
    recency: int
    frequency: int
    customer_count: int


class LoyaltyRow(msgspec.Struct):
    product_category: str
    group: str
    usage: str
    customer_count: int


class Pyramid(msgspec.Struct):
    rows: list[PyramidRow]


class Rfm(msgspec.Struct):
    rows: list[RfmRow]


class BrandLoyalty(msgspec.Struct):
    rows: list[LoyaltyRow]


class Score(msgspec.Struct):
    customer_id: str


def run(stage: Stage) -> None:
    """Catch up, score, print three tables, write two pictures, and read the scores both ways."""
    with stage.progress() as progress:
        await_reader(stage.api, progress, "customer", "segment")
        task = progress.add_task("score every customer", total=None)

        def show(job: Job) -> None:
            progress.update(task, total=job.total, completed=job.processed)

        started = time.monotonic()
        stage.api.run("/v1/scoring-runs", {"as_of": str(AS_OF)}, show)
        taken = time.monotonic() - started
    stage.note("scoring run", f"{taken:.1f} s", "POST /v1/scoring-runs")
    stage.console.print(_pyramid(stage), _rfm(stage.api), _brand_loyalty(stage.api))
    for name in PICTURES:
        picture = stage.api.content(f"/v1/reports/{name}", "image/svg+xml", format="svg", as_of=str(AS_OF))
        stage.write(f"{name}.svg", picture)
    _check_scores(stage)


def _pyramid(stage: Stage) -> Table:
    rows = stage.api.get("/v1/reports/pyramid", Pyramid, as_of=str(AS_OF)).rows
    table = Table("tier", "customers", "share", "revenue", "share", "strategy", "relationship", title="Pyramid")
    for row in rows:
        table.add_row(
            row.tier, f"{row.customer_count:,}", percent(row.customer_share),
            dollars(row.revenue_amount), percent(row.revenue_share), row.strategy, row.relationship,
        )  # fmt: skip
    shares = {row.tier: percent(row.revenue_share) for row in rows}
    told = f"{shares['platinum']} of revenue from 5 % of customers"
    stage.note("platinum tier", told, f"GET /v1/reports/pyramid?as_of={AS_OF}")
    return table


def _rfm(api: Api) -> Table:
    """Customers by recency and frequency, monetary bands added up."""
    counts: Counter[tuple[int, int]] = Counter()
    for row in api.get("/v1/reports/rfm", Rfm, as_of=str(AS_OF)).rows:
        counts[row.recency, row.frequency] += row.customer_count
    table = Table("recency \\ frequency", *(f"F{frequency}" for frequency in BANDS), title="RFM: customers")
    for recency in reversed(BANDS):
        table.add_row(f"R{recency}", *(f"{counts[recency, frequency]:,}" for frequency in BANDS))
    return table


def _brand_loyalty(api: Api) -> Table:
    """The nine groups of the categories with the most customers."""
    rows = api.get("/v1/reports/brand-loyalty", BrandLoyalty, as_of=str(AS_OF)).rows
    sizes: Counter[str] = Counter()
    for row in rows:
        sizes[row.product_category] += row.customer_count
    counts = {(row.product_category, row.group, row.usage): row.customer_count for row in rows}
    table = Table(
        "category", *(f"{group}\n{usage}" for group, usage in GROUPS), title="Brand loyalty x usage: customers"
    )
    for category, _ in sizes.most_common(CATEGORIES):
        table.add_row(category, *(f"{counts.get((category, *place), 0):,}" for place in GROUPS))
    return table


def _check_scores(stage: Stage) -> None:
    """One and the same run as pages and as a stream. Raises Refused when they differ."""
    paged = {score.customer_id for score in stage.api.pages("/v1/scores", Score, as_of=str(AS_OF))}
    streamed = {score.customer_id for score in stage.api.lines("/v1/scores", Score, as_of=str(AS_OF))}
    if paged != streamed:
        raise Refused(f"GET /v1/scores: {len(paged)} scores in pages, {len(streamed)} as NDJSON")
    told = f"{len(paged):,} customers, the same as JSON pages and as NDJSON"
    stage.console.print(f"GET /v1/scores?as_of={AS_OF}: {told}")
    stage.note("scores", told, f"GET /v1/scores?as_of={AS_OF}")
