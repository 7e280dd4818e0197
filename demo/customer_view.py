"""All there is to know of one customer, from one request."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from rich.table import Table

from demo.stage import Stage, dollars

TOUCHES: Final = 5


class Attribute(msgspec.Struct, frozen=True):
    value: Any
    source: str


class Profile(msgspec.Struct, frozen=True):
    name: str | None
    phones: list[str]
    cards: list[str]
    attributes: dict[str, Attribute]


class Money(msgspec.Struct, frozen=True):
    amount: int


class Metrics(msgspec.Struct, frozen=True):
    order_count: int
    revenue: Money
    weekly_spend: Money


class Rfm(msgspec.Struct, frozen=True):
    cell: str


class Pyramid(msgspec.Struct, frozen=True):
    tier: str
    rank: int


class Lifecycle(msgspec.Struct, frozen=True):
    stage: str
    state: str | None


class Scores(msgspec.Struct, frozen=True):
    as_of: str
    metrics: Metrics
    rfm: Rfm | None
    abc: str
    svcd: str | None
    pyramid: Pyramid | None
    lifecycle: Lifecycle
    stability: str


class ListLine(msgspec.Struct, frozen=True):
    product_type: str | None


class ShoppingList(msgspec.Struct, frozen=True):
    list_code: str
    lines: list[ListLine]


class Ticket(msgspec.Struct, frozen=True):
    number: int
    type: str
    subject: str
    status: str


class Touch(msgspec.Struct, frozen=True):
    at: str
    summary: str


class Missing(msgspec.Struct, frozen=True):
    part: str
    reason: str


class View(msgspec.Struct, frozen=True):
    profile: Profile | None
    scores: Scores | None
    shopping_list: ShoppingList | None
    coupons: list[Any] | None
    open_tickets: list[Ticket] | None
    timeline: list[Touch] | None
    unavailable: list[Missing]


def show(stage: Stage, customer_id: str) -> None:
    """Print the 360 view as a card."""
    view = stage.api.get(f"/v1/customers/{customer_id}/360", View)
    table = Table("part", "what it says", title=f"360 view of {view.profile.name if view.profile else customer_id}")
    for part, told in _parts(view):
        table.add_row(part, told)
    stage.console.print(table)
    missing = ", ".join(f"{each.part}: {each.reason}" for each in view.unavailable)
    stage.note("360 view", missing or "every part is there", "GET /v1/customers/{id}/360")


def _parts(view: View) -> Iterator[tuple[str, str]]:
    if view.profile is not None:
        known = (
            f"{name.replace('_', ' ')} {each.value} ({each.source})" for name, each in view.profile.attributes.items()
        )
        yield "profile", f"{', '.join((*view.profile.cards, *view.profile.phones))}\n{', '.join(known)}"
    if view.scores is not None:
        yield f"scores as of {view.scores.as_of}", _scores(view.scores)
    if view.shopping_list is not None:
        types = ", ".join((line.product_type or "").lower() for line in view.shopping_list.lines)
        yield "shopping list", f"{view.shopping_list.list_code}: {types}"
    if view.coupons is not None:
        yield "open coupons", str(len(view.coupons))
    for ticket in view.open_tickets or ():
        yield "open ticket", f"{ticket.number}, {ticket.type}, {ticket.status}: {ticket.subject}"
    for touch in (view.timeline or ())[:TOUCHES]:
        yield touch.at[:10], touch.summary


def _scores(scores: Scores) -> str:
    metrics, pyramid = scores.metrics, scores.pyramid
    classes = (
        f"{pyramid.tier} (rank {pyramid.rank})" if pyramid else None,
        scores.rfm.cell if scores.rfm else None,
        f"ABC {scores.abc}",
        scores.svcd,
        " ".join(filter(None, (scores.lifecycle.stage, scores.lifecycle.state))),
        scores.stability,
    )
    spent = dollars(metrics.revenue.amount), dollars(metrics.weekly_spend.amount)
    bought = f"{metrics.order_count:,} orders, {spent[0]}, {spent[1]} a week of late"
    return f"{', '.join(filter(None, classes))}\n{bought}"
