"""ABC: whose revenue it is, and how often to be in touch."""

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from crmkit.data import db
from segment.reports import drawing
from segment.reports.report import Definition, Report, in_order, share, total
from segment.scores.schemas import Abc

CONTACT: Final = {"A": "twice a month", "B": "monthly", "C": "every two months"}
_COLOUR: Final = {"A": "#17604f", "B": "#4f9a84", "C": "#9aa5b1"}


class AbcRow(BaseModel):
    """contact: how often to be in touch."""

    abc: Abc
    customer_count: int
    customer_share: float | None
    revenue_amount: int
    revenue_share: float | None
    contact: str


def rows(counted: Sequence[db.Row]) -> list[AbcRow]:
    """The classes with their shares, A first."""
    customers, revenue = total(counted, "customer_count"), total(counted, "revenue_amount")
    return [
        AbcRow(
            abc=row.abc,
            customer_count=row.customer_count,
            customer_share=share(row.customer_count, customers),
            revenue_amount=row.revenue_amount,
            revenue_share=share(row.revenue_amount, revenue),
            contact=CONTACT[row.abc],
        )
        for row in in_order(counted, "abc", list(CONTACT))
    ]


def chart(report: Report[AbcRow]) -> str:
    """The classes with their shares and how often to be in touch."""
    classes = [drawing.Class(row, row.abc, _COLOUR[row.abc], f"contact {row.contact}") for row in report.rows]
    return drawing.classes(report, "ABC: whose revenue it is", classes)


ABC: Final = Definition("abc", AbcRow, rows, chart)
