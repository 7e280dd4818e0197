"""What a report is: a question about a finished run, with its rows and its picture.

A report is a file of its own name, beside its query: its row, how the counted rows become it, and its chart.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from crmkit.data import db

Row = TypeVar("Row", bound=BaseModel)


class Report(BaseModel, Generic[Row]):
    """A report of one finished run. Amounts are minor units."""

    report: str
    run_id: UUID
    as_of: date
    computed_at: datetime
    model_version: str
    currency: str
    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Definition(Generic[Row]):
    """name: as in its path. rows: from what its query counted, in the report's order. chart: the report as SVG."""

    name: str
    row: type[Row]
    rows: Callable[[Sequence[db.Row]], list[Row]]
    chart: Callable[[Report[Row]], str]

    @property
    def query(self) -> str:
        """SQL of the rows of run :run_id."""
        return (resources.files(__package__) / f"{self.name.replace('-', '_')}.sql").read_text()


def share(part: int | None, whole: int | None) -> float | None:
    """None where either is not known or there is nothing to share."""
    return round(part / whole, 6) if part is not None and whole else None


def in_order(counted: Iterable[db.Row], name: str, order: Sequence[str]) -> list[db.Row]:
    """The rows in the order of the values of their column `name`."""
    return sorted(counted, key=lambda row: order.index(getattr(row, name)))


def total(counted: Iterable[db.Row], name: str) -> int:
    """The sum of a column."""
    return sum(getattr(row, name) for row in counted)
