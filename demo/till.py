"""The tills of the replayed weeks: every real basket goes through a checkout with its loyalty card."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from demo import data
from demo.api import Api
from demo.data import Basket, BasketLine

TILLS: Final = 8


class Buyer(msgspec.Struct, frozen=True):
    """id: None while nobody is known by the card."""

    id: str | None


class Checkout(msgspec.Struct, frozen=True):
    id: str
    customer: Buyer
    applied: list[msgspec.Raw]


@dataclass(frozen=True, slots=True)
class Sale:
    """A basket and what its checkout made of it."""

    basket: Basket
    checkout: Checkout


def replay(api: Api, baskets: Sequence[Basket]) -> Iterator[Sale]:
    """Check out and confirm every basket, several at once, about in the order of time."""
    with ThreadPoolExecutor(TILLS) as tills:
        yield from tills.map(lambda basket: _sell(api, basket), baskets)


def _sell(api: Api, basket: Basket) -> Sale:
    checkout = api.post("/v1/checkouts", _checkout(basket), Checkout)
    order = {"external_id": str(basket.id), "source": data.SOURCE, "placed_at": basket.placed_at}
    api.send(f"/v1/checkouts/{checkout.id}/confirm", {"order": order})
    return Sale(basket, checkout)


def _checkout(basket: Basket) -> dict[str, Any]:
    return {
        "customer": {"card": data.card(basket.household_id)},
        "store_id": str(basket.store_id),
        "currency": data.CURRENCY,
        "lines": [_line(line) for line in basket.lines],
    }


def _line(line: BasketLine) -> dict[str, Any]:
    """The line's amount stands as it was; where it is no multiple of the quantity, the unit's is only for show."""
    return {
        "product": {"external_id": str(line.product_id), "source": data.SOURCE},
        "quantity": line.quantity,
        "unit_amount": round(line.amount / line.quantity) if line.quantity else line.amount,
        "amount": line.amount,
    }
