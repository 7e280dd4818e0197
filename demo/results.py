"""What the campaign achieved, as the platform measures it: redemption, who paid, treated against control."""

from collections.abc import Sequence
from typing import Final

import msgspec
from rich.table import Table

from demo.stage import Stage, dollars, percent

ENDPOINT: Final = "GET /v1/campaigns/{id}/results"


class Group(msgspec.Struct, frozen=True):
    customer_count: int
    mean_spend_amount: float | None


class Lift(msgspec.Struct, frozen=True):
    difference_amount: float
    low_amount: float
    high_amount: float
    confidence: float


class SponsorResult(msgspec.Struct, frozen=True):
    name: str
    suppressed: bool
    customer_count: int | None
    redeemed_count: int | None
    sponsor_amount: int | None


class Results(msgspec.Struct, frozen=True):
    issued_count: int
    redeemed_count: int
    redemption_rate: float | None
    discount_amount: int
    sponsor_amount: int
    store_amount: int
    treated: Group
    control: Group
    lift: Lift | None
    sponsors: list[SponsorResult]


class Budget(msgspec.Struct, frozen=True):
    granted_amount: int
    spent_amount: int


def show(stage: Stage, campaign_id: str, *, again: bool) -> None:
    """Print the campaign's results; again: the orders of these weeks were there before."""
    results = stage.api.get(f"/v1/campaigns/{campaign_id}/results", Results)
    budget = stage.api.get(f"/v1/campaigns/{campaign_id}/budget", Budget)
    _tell_redemption(stage, results, budget)
    _tell_lift(stage, results)
    stage.console.print(
        "History cannot be lifted: both groups bought what they once bought, so the true effect on the baskets is zero "
        "by construction."
    )
    stage.console.print(_on_coupons(results, again=again))


def _tell_redemption(stage: Stage, results: Results, budget: Budget) -> None:
    told = f"{results.redeemed_count:,} of {results.issued_count:,} coupons, {percent(results.redemption_rate)}"
    stage.console.print(f"Redeemed: {told}")
    stage.console.print(
        f"Discount: {dollars(results.discount_amount)}, of which vendors pay {dollars(results.sponsor_amount)} and the "
        f"store {dollars(results.store_amount)}; budget {dollars(budget.granted_amount)}, "
        f"spent {dollars(budget.spent_amount)}"
    )
    stage.console.print(_sponsors(results.sponsors))
    stage.note("redemption", told, ENDPOINT)
    stage.note(
        "discount", f"{dollars(results.discount_amount)}, vendors pay {dollars(results.sponsor_amount)}", ENDPOINT
    )


def _sponsors(sponsors: Sequence[SponsorResult], most: int = 5) -> Table:
    shown = sorted((each for each in sponsors if not each.suppressed), key=lambda each: -(each.sponsor_amount or 0))
    hidden = sum(each.suppressed for each in sponsors)
    hint = f"{hidden} more had fewer than 10 customers and see nothing"
    table = Table("sponsor", "customers", "redeemed", "pays", title="Sponsors who pay most", caption=hint)
    for each in shown[:most]:
        table.add_row(each.name, f"{each.customer_count:,}", f"{each.redeemed_count:,}", dollars(each.sponsor_amount))
    return table


def _tell_lift(stage: Stage, results: Results) -> None:
    table = Table("group", "customers", "mean paid in the two weeks", title="Result against control")
    for name, group in (("treated", results.treated), ("control", results.control)):
        table.add_row(name, f"{group.customer_count:,}", dollars(group.mean_spend_amount))
    stage.console.print(table)
    lift = results.lift
    if lift is None:
        return
    told = (
        f"{dollars(lift.difference_amount)} a customer, {lift.confidence:.0%} interval "
        f"{dollars(lift.low_amount)} to {dollars(lift.high_amount)}"
    )
    stage.console.print(f"Treated minus control: {told}")
    stage.note("result against control", told, ENDPOINT)


def _on_coupons(results: Results, *, again: bool) -> str:
    if again:
        return (
            "This platform had the orders of these weeks before, and an order that is there stays as it is: "
            "what was paid is what the coupons of that time left."
        )
    saved = results.discount_amount / max(results.treated.customer_count, 1)
    return f"Chance aside, only the coupons tell the groups apart: they took off {dollars(saved)} a treated customer."
