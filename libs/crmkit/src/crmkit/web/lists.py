"""How a noun's list is declared: once, as the query parameters it takes and the columns they are about.

class TicketQuery(lists.ListQuery):
    sort: Literal["-created_at", "created_at"] = "-created_at"
    ids: lists.Ids
    status: lists.AnyOf[Status]
    assignee: lists.AnyOrNone[str]
    created_at_gte: Instant | None = None

TICKETS = lists.List(select(TicketRow), TicketQuery, columns=TicketRow.__table__.c, model=Ticket)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from operator import ge, lt
from typing import Annotated, Any, Final, Literal, TypeVar, get_args
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import ARRAY, ColumnElement, Select, literal, or_
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from crmkit.web import paging
from crmkit.web.paging import MOST, PageRequest, Summaries

T = TypeVar("T")

NULL: Final = "null"
# A query of more than 64 kB never reaches an endpoint: the server refuses it.
SOME: Final = 50
_RANGES: Final[Mapping[str, Callable[[Any, Any], ColumnElement[bool]]]] = {"_gte": ge, "_lt": lt}


def _split(given: Any) -> Any:
    if not isinstance(given, list):
        return given
    return [part for value in given for part in (value.split(",") if isinstance(value, str) else [value])]


AnyOf = Annotated[list[T], Field(default_factory=list, max_length=SOME, description="repeated: any of them")]
AnyOrNone = Annotated[
    list[Literal["null"] | T],
    Field(default_factory=list, max_length=SOME, description="repeated: any of them; `null`: none"),
]
Ids = Annotated[
    list[UUID],
    BeforeValidator(_split),
    Field(default_factory=list, max_length=MOST, description="these only; repeated, or with commas between"),
]
Expand = Annotated[
    list[T],
    BeforeValidator(_split),
    Field(default_factory=list, description="put summaries of these into the rows; repeated, or with commas between"),
]


class ListQuery(BaseModel):
    """What every list takes. A noun adds `sort` (a Literal with its default) and its filters.

    A filter is named after its column; `_gte` and `_lt` end the names of ranges.
    """

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=MOST, description="rows of a page; of a set by `ids`, all of it if left out")
    cursor: str | None = Field(None, description="`next_cursor` of the page before")
    count: bool = Field(False, description="add `total`, the number of rows of all pages")
    sort: str


_OF_PAGES: Final = frozenset(ListQuery.model_fields) | {"expand"}


@dataclass(frozen=True, slots=True)
class List:
    """A noun's list.

    rows: the query, before anything is asked. asked: the parameters it takes. columns: of `rows`, by name.
    named: the columns of parameters that are called otherwise, or functions from a parameter's value to a condition;
    None for what the endpoint itself sees to.
    tie: the name of the unique column that breaks ties, and which `ids` names. document: as in `paging.Listing`.
    expand: for each name that `expand=` takes, where to get the summaries of a page's rows.
    """

    rows: Select[Any]
    asked: type[ListQuery]
    columns: Any
    model: type[BaseModel]
    named: Mapping[str, Any] = field(default_factory=dict)
    tie: str = "id"
    document: ColumnElement[Any] | None = None
    expand: Mapping[str, Summaries] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._listing(self.rows)
        for name in self._filters():
            self._column(name)

    def where(self, *conditions: ColumnElement[bool]) -> "List":
        """A part of the list, such as one customer's."""
        return replace(self, rows=self.rows.where(*conditions))

    async def answer(
        self, request: Request, session: AsyncSession, asked: ListQuery, *, pin: UUID | None = None
    ) -> Response:
        """The rows asked for, in the form that the caller accepts. pin: carried by the cursor, for `cursors.pin`."""
        limit = MOST if getattr(asked, "ids", ()) and "limit" not in asked.model_fields_set else asked.limit
        page = PageRequest(limit, asked.cursor, asked.sort, asked.count, tuple(getattr(asked, "expand", ())), pin)
        given = {name: value for name in self._filters() if (value := getattr(asked, name)) not in (None, [])}
        conditions = [_condition(name, value, self._column(name)) for name, value in given.items()]
        return await paging.answer(request, session, page, self._listing(self.rows.where(*conditions)))

    def _listing(self, rows: Select[Any]) -> paging.Listing:
        sort = self.asked.model_fields["sort"]
        keys = {name: self._column(name) for name in get_args(sort.annotation) if not name.startswith("-")}
        tie = self._column(self.tie)
        return paging.Listing(rows, keys, tie, sort.default, self.model, self.document, self.expand)

    def _filters(self) -> list[str]:
        own = self.asked.model_fields.keys() - _OF_PAGES
        return [name for name in own if self.named.get(name, self) is not None]

    def _column(self, name: str) -> Any:
        for known in (name, _bare(name)):
            if known in self.named:
                return self.named[known]
        return self.columns[self.tie if name == "ids" else _bare(name)]


def _bare(name: str) -> str:
    return next((name.removesuffix(end) for end in _RANGES if name.endswith(end)), name)


def _condition(name: str, value: Any, column: Any) -> ColumnElement[bool]:
    if callable(column):
        return column(value)  # type: ignore[no-any-return]
    beyond = next((_RANGES[end] for end in _RANGES if name.endswith(end)), None)
    if beyond is not None:
        return beyond(column, value)
    return _any_of(column, value if isinstance(value, list) else [value])


def _any_of(column: Any, values: list[Any]) -> ColumnElement[bool]:
    some = [value for value in values if value != NULL]
    among = column.bool_op("&&")(literal(some, column.type)) if isinstance(column.type, ARRAY) else column.in_(some)
    if len(some) == len(values):
        return among  # type: ignore[no-any-return]
    return or_(column.is_(None), among) if some else column.is_(None)
