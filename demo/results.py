"""What the campaign achieved, as the platform measures it: redemption, who paid, treated against control."""

from collections.abc import Sequence

import msgspec
from rich.table import Table

from demo.promote import Promotion
from demo.stage import Stage, dollars, percent


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


def show(stage: Stage, promotion: Promotion) -> None:
    """Print the campaign's results."""
    results = stage.api.get(f"/v1/campaigns/{promotion.campaign_id}/results", Results)
    _tell_redemption(stage, promotion, results)
    _tell_lift(stage, promotion, results)


def _tell_redemption(stage: Stage, promotion: Promotion, results: Results) -> None:
    endpoint = f"GET /v1/campaigns/{promotion.campaign_id}/results"
    budget = stage.api.get(f"/v1/campaigns/{promotion.campaign_id}/budget", Budget)
    told = f"{results.redeemed_count:,} of {results.issued_count:,} coupons, {percent(results.redemption_rate)}"
    stage.console.print(f"Redeemed: {told}")
    stage.console.print(
        f"Discount: {dollars(results.discount_amount)}, of which vendors pay {dollars(results.sponsor_amount)} and the "
        f"store {dollars(results.store_amount)}; budget {dollars(budget.granted_amount)}, "
        f"spent {dollars(budget.spent_amount)}"
    )
    stage.console.print(_sponsors(results.sponsors))
    stage.note("redemption", told, endpoint)
    stage.note(
        "discount", f"{dollars(results.discount_amount)}, vendors pay {dollars(results.sponsor_amount)}", endpoint
    )


def _sponsors(sponsors: Sequence[SponsorResult], most: int = 5) -> Table:
    shown = sorted((each for each in sponsors if not each.suppressed), key=lambda each: -(each.sponsor_amount or 0))
    hidden = sum(each.suppressed for each in sponsors)
    title = f"Sponsors ({hidden} more with fewer than 10 customers see nothing)"
    table = Table("sponsor", "customers", "redeemed", "pays", title=title)
    for each in shown[:most]:
        table.add_row(each.name, f"{each.customer_count:,}", f"{each.redeemed_count:,}", dollars(each.sponsor_amount))
    return table


def _tell_lift(stage: Stage, promotion: Promotion, results: Results) -> None:
    table = Table("group", "customers", "mean paid in the two weeks", title="Result against control")
    for name, group in (("treated", results.treated), ("control", results.control)):
        table.add_row(name, f"{group.customer_count:,}", dollars(group.mean_spend_amount))
    stage.console.print(table)
    lift = results.lift
    if lift is None or not results.treated.customer_count:
        return
    told = (
        f"{dollars(lift.difference_amount)} a customer, {lift.confidence:.0%} interval "
        f"{dollars(lift.low_amount)} to {dollars(lift.high_amount)}"
    )
    stage.console.print(f"Treated minus control: {told}")
    stage.console.print(
        "History cannot be lifted: both groups bought what they once bought, so the true effect on the baskets is zero "
        "by construction."
    )
    stage.console.print(_on_coupons(promotion, results))
    stage.note("result against control", told, f"GET /v1/campaigns/{promotion.campaign_id}/results")


def _on_coupons(promotion: Promotion, results: Results) -> str:
    if not promotion.first_round:
        return (
            "This platform already had the orders of an earlier replay, and an order that is there stays as it is: "
            "what was paid is what the earlier campaign's coupons left."
        )
    saved = results.discount_amount / results.treated.customer_count
    return f"Only the coupons tell them apart: the treated paid {dollars(saved)} less a customer for the same baskets."
