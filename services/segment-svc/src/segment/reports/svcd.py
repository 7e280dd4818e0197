"""Stars, volcanoes, cows and dogs: how often and how much customers order, and how often to be in touch."""

from collections.abc import Sequence
from typing import Final

from pydantic import BaseModel

from crmkit.data import db
from segment.reports import drawing
from segment.reports.report import Definition, Report, in_order, share, total
from segment.scores.schemas import Svcd

CONTACT: Final = {"star": "weekly", "volcano": "monthly", "cow": "every two weeks", "dog": "every two months"}
_COLOUR: Final = {"star": "#c9982c", "volcano": "#c75b3f", "cow": "#2f9d78", "dog": "#8794a3"}


class SvcdRow(BaseModel):
    """order_amount: the mean order's value."""

    svcd: Svcd
    customer_count: int
    customer_share: float | None
    order_count: int
    order_amount: int | None
    revenue_amount: int
    revenue_share: float | None
    contact: str


def rows(counted: Sequence[db.Row]) -> list[SvcdRow]:
    """The classes with their shares, stars first."""
    customers, revenue = total(counted, "customer_count"), total(counted, "revenue_amount")
    return [
        SvcdRow(
            svcd=row.svcd,
            customer_count=row.customer_count,
            customer_share=share(row.customer_count, customers),
            order_count=row.order_count,
            order_amount=round(row.revenue_amount / row.order_count),
            revenue_amount=row.revenue_amount,
            revenue_share=share(row.revenue_amount, revenue),
            contact=CONTACT[row.svcd],
        )
        for row in in_order(counted, "svcd", list(CONTACT))
    ]


def chart(report: Report[SvcdRow]) -> str:
    """The classes with their shares, the mean order and how often to be in touch."""
    classes = []
    for row in report.rows:
        order = drawing.amount(row.order_amount, report.currency, cents=True)
        told = f"{order} an order · contact {row.contact}"
        classes.append(drawing.Class(row, row.svcd, _COLOUR[row.svcd], told))
    return drawing.classes(report, "Stars, volcanoes, cows and dogs", classes)


SVCD: Final = Definition("svcd", SvcdRow, rows, chart)
