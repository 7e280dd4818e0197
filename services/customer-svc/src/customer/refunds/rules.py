"""How much of an order can be given back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from customer.refunds.schemas import RefundLine


@dataclass(slots=True)
class Left:
    """What of a line has not been given back yet."""

    quantity: Decimal
    amount: int


Order = dict[int, Left]


def give_back(lines: Sequence[RefundLine], left: Order) -> str | None:
    """Take a refund's lines off what is left of its order, or say why they cannot be, and take nothing."""
    wrong = next(_excesses(lines, left), None)
    if wrong is None:
        for line in lines:
            left[line.line].quantity -= line.quantity
            left[line.line].amount -= line.amount
    return wrong


def _excesses(lines: Sequence[RefundLine], left: Order) -> Iterator[str]:
    if len({line.line for line in lines}) != len(lines):
        yield "A refund names each line once."
    for line in lines:
        rest = left.get(line.line)
        if rest is None:
            yield f"The order has no line {line.line}."
        elif line.quantity > rest.quantity:
            yield f"Of line {line.line}, {rest.quantity:f} can still be returned."
        elif line.amount > rest.amount:
            yield f"Of line {line.line}, {rest.amount} can still be paid back."
