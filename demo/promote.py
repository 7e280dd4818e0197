"""Step 3: sponsors and offers from the catalogue, a campaign with a control group, every personal list."""

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from rich.progress import Progress
from rich.table import Table

from demo import catalogue, data, offer_book
from demo.api import Api, Job
from demo.catalogue import Product
from demo.feeds import await_reader
from demo.load import AS_OF
from demo.stage import Stage, dollars

NAME: Final = "Personal lists of December 2017"
WEEKLY_SPEND_AMOUNT: Final = 2_500
CONTROL_SHARE: Final = 0.2
BUDGET_AMOUNT: Final = 500_000
PERIOD_DAYS: Final = 14


class Campaign(msgspec.Struct, frozen=True):
    id: str
    name: str
    status: str


class Generation(msgspec.Struct, frozen=True):
    eligible_count: int
    control_count: int
    list_count: int


class ListedOffer(msgspec.Struct, frozen=True):
    name: str
    percent: float | None
    sponsor_id: str | None


class ListLine(msgspec.Struct, frozen=True):
    rank: int
    product_type: str | None
    expected_on: str | None
    offer: ListedOffer | None


class CustomerId(msgspec.Struct, frozen=True):
    id: str


class ShoppingList(msgspec.Struct, frozen=True):
    id: str
    customer: CustomerId
    list_code: str
    lines: list[ListLine]

    @property
    def percents(self) -> list[float]:
        """Of the coupons on it."""
        return [line.offer.percent for line in self.lines if line.offer is not None and line.offer.percent]


@dataclass(frozen=True, slots=True)
class Promotion:
    """What the next steps go on with."""

    campaign_id: str
    lists: Sequence[ShoppingList]
    products: Sequence[Product]


def run(stage: Stage) -> Promotion:
    """Offers, campaign, lists; one of them on paper."""
    with stage.progress() as progress:
        await_reader(stage.api, progress, "customer", "campaign")
        task = progress.add_task("make offers", total=None)
        products = catalogue.read(stage.api)
        offer_ids = offer_book.make(stage, products)
        progress.update(task, total=len(offer_ids), completed=len(offer_ids))
        _pause_earlier(stage.api)
        campaign = _launch(stage.api, offer_ids)
        generation, taken = _print_lists(stage.api, progress, campaign)
    lists = list(stage.api.lines("/v1/shopping-lists", ShoppingList, campaign_id=campaign.id))
    stage.console.print(
        f"Campaign {campaign.id}\n"
        f"Audience: {generation.eligible_count:,} customers spend {dollars(WEEKLY_SPEND_AMOUNT)} a week or more; "
        f"{generation.control_count:,} of them are the control group, {generation.list_count:,} have a list"
    )
    _tell_lists(stage, lists, taken)
    _show_one(stage, lists)
    return Promotion(campaign.id, lists, products)


def _pause_earlier(api: Api) -> None:
    """The coupons of earlier runs must not mix with this one's."""
    for campaign in api.pages("/v1/campaigns", Campaign):
        if campaign.name == NAME and campaign.status == "launched":
            api.send(f"/v1/campaigns/{campaign.id}/pause", {})


def _launch(api: Api, offer_ids: Sequence[str]) -> Campaign:
    campaign = api.post("/v1/campaigns", _campaign(offer_ids), Campaign)
    return api.post(f"/v1/campaigns/{campaign.id}/launch", {}, Campaign)


def _campaign(offer_ids: Sequence[str]) -> dict[str, Any]:
    starts_at = dt.datetime.combine(AS_OF, dt.time(), ZoneInfo(data.TIME_ZONE))
    return {
        "name": NAME,
        "goal": "Raise the two-week spend of weekly shoppers by 3 % until 17 December 2017",
        "audience": {"weekly_spend_gte": WEEKLY_SPEND_AMOUNT},
        "control_share": CONTROL_SHARE,
        "budget_amount": BUDGET_AMOUNT,
        "currency": data.CURRENCY,
        "offer_ids": offer_ids,
        "starts_at": starts_at.isoformat(),
        "ends_at": (starts_at + dt.timedelta(days=PERIOD_DAYS)).isoformat(),
    }


def _print_lists(api: Api, progress: Progress, campaign: Campaign) -> tuple[Generation, float]:
    """How many there are, and the seconds it took from asking to the end."""
    task = progress.add_task("print personal lists", total=None)

    def show(job: Job) -> None:
        progress.update(task, total=job.total, completed=job.processed)

    started = time.monotonic()
    job = api.run("/v1/shopping-lists", {"campaign_id": campaign.id, "as_of": str(AS_OF)}, show)
    return job.result_as(Generation), time.monotonic() - started


def _tell_lists(stage: Stage, lists: Sequence[ShoppingList], taken: float) -> None:
    lines = [line for each in lists for line in each.lines]
    coupons = [line.offer for line in lines if line.offer is not None]
    funded = sum(offer.sponsor_id is not None for offer in coupons)
    stage.console.print(
        f"Lists: {len(lines):,} lines, {len(coupons):,} with a coupon ({funded:,} vendor-funded, "
        f"{len(coupons) - funded:,} store-funded), made in {taken:.1f} s"
    )
    told = f"{len(lists):,} with {len(coupons):,} coupons, made in {taken:.1f} s"
    stage.note("personal lists", told, "POST /v1/shopping-lists")


def _show_one(stage: Stage, lists: Sequence[ShoppingList]) -> None:
    """The list with the deepest discounts, as a table and on paper."""
    richest = max(lists, key=lambda each: (sum(each.percents), each.id))
    table = Table("", "product type", "due", "offer", "", title=f"Personal list {richest.list_code}")
    for line in richest.lines:
        offer, percent = line.offer, f"{line.offer.percent:g} % off" if line.offer and line.offer.percent else ""
        table.add_row(str(line.rank), line.product_type, line.expected_on, offer.name if offer else "", percent)
    stage.console.print(table)
    stage.write("shopping-list.pdf", stage.api.content(f"/v1/shopping-lists/{richest.id}", "application/pdf"))
    stage.note("one list as PDF", richest.list_code, "GET /v1/shopping-lists/{id}?format=pdf")
