"""One query, three ways out: keyset pages of JSON, an NDJSON stream, a CSV stream."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Final, Generic, TypeVar, cast
from uuid import UUID

import msgspec
from fastapi import Depends, Query, Request
from pydantic import BaseModel, TypeAdapter
from sqlalchemy import ColumnElement, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from crmkit.data import tables
from crmkit.data.masking import Masker
from crmkit.problems import FieldError, Invalid, InvalidCursor
from crmkit.web import cursors, sessions
from crmkit.web.auth import Principal, sees_personal_data
from crmkit.web.media import CSV, JSON, NDJSON

MOST: Final = 500
_SNAPSHOT: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

T = TypeVar("T")

# From the ids in a page's rows to what is shown of each; ids that are not known are left out.
Summaries = Callable[[AsyncSession, Sequence[str]], Awaitable[Mapping[str, Mapping[str, Any]]]]


class Page(BaseModel, Generic[T]):
    """A page of a list; `next_cursor` is null on the last one, `total` is there when `count=true` asks for it."""

    data: list[T]
    next_cursor: str | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What the caller asked of a list. pin: what its rows are of, where that may change between two pages."""

    limit: int
    cursor: str | None
    sort: str | None
    count: bool = False
    expand: tuple[str, ...] = ()
    pin: UUID | None = None


def _page(
    limit: Annotated[int, Query(ge=1, le=MOST, description="rows of a page")] = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    sort: Annotated[str | None, Query(description="a field, `-` in front for descending")] = None,
) -> PageRequest:
    return PageRequest(limit, cursor, sort)


PageQuery = Annotated[PageRequest, Depends(_page)]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its filtered query, the fields it sorts by, the unique tie-breaker, the row's public model.

    keys: public field name -> column, never null. default: the sort without `sort=`, such as `-created_at`.
    model: built from each row with `model_validate(row, from_attributes=True)`; a row of one entity is that entity.
    document: a text column that already holds the row's JSON, sent as it is; `model` then only names CSV's columns.
    expand: summaries by name: those of `customer` are of the ids in `customer_id`, or in `customer` itself.
    """

    query: Select[Any]
    keys: Mapping[str, ColumnElement[Any] | Any]
    tie: ColumnElement[Any] | Any
    default: str
    model: type[BaseModel]
    document: ColumnElement[Any] | None = None
    expand: Mapping[str, Summaries] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, key in self.keys.items():
            if getattr(key, "nullable", False):
                raise ValueError(f"A list cannot be sorted by {name}: {name} may be null, and pages would skip its row")

    def rendered(self, row: Any) -> bytes:
        """A row of this list's query as JSON bytes."""
        if self.document is not None:
            return str(row._mapping[self.document]).encode()  # noqa: SLF001 - the documented name
        whole = row[0] if hasattr(row[0], "__mapper__") else row
        return self.model.model_validate(whole, from_attributes=True).model_dump_json().encode()


async def answer(request: Request, session: AsyncSession, page: PageRequest, listing: Listing) -> Response:
    """The list in the form the caller accepts."""
    accept = request.headers.get("accept", "")
    order = _Order.of(page, listing)
    if NDJSON in accept:
        return _Stream(_ndjson(_blocks(request, page, listing, order)), media_type=NDJSON)
    if CSV in accept:
        return _Stream(_csv(_blocks(request, page, listing, order), listing), media_type=CSV)
    return Response(await _json(session, page, listing, order), media_type=JSON)


class _Stream(StreamingResponse):
    """A stream that gives its connection back at once, also when the client has gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(cast("AsyncGenerator[Any, None]", self.body_iterator)):
            if scope["state"].get("bare"):
                self.body_iterator = _nothing()
            await super().__call__(scope, receive, send)


async def _nothing() -> AsyncGenerator[bytes, None]:
    for nothing in tuple[bytes]():
        yield nothing


@dataclass(frozen=True, slots=True)
class _Order:
    name: str
    column: Any
    tie: Any
    descending: bool

    @classmethod
    def of(cls, page: PageRequest, listing: Listing) -> "_Order":
        wanted = page.sort or listing.default
        name = wanted.removeprefix("-")
        if name not in listing.keys:
            known = ", ".join(sorted(listing.keys))
            raise Invalid(
                f"Lists here sort by: {known}.", errors=[FieldError("/query/sort", f"One of: {known}.", "not_one_of")]
            )
        return cls(wanted, listing.keys[name], listing.tie, wanted.startswith("-"))

    def apply(self, query: Select[Any]) -> Select[Any]:
        columns = (self.column, self.tie) if self.column is not self.tie else (self.tie,)
        return query.order_by(*(column.desc() if self.descending else column.asc() for column in columns))

    def after(self, query: Select[Any], cursor: str) -> Select[Any]:
        value, tie = self._values(cursor)
        if self.column is self.tie:
            return query.where(self.tie < tie if self.descending else self.tie > tie)
        place = tuple_(self.column, self.tie)
        last = tuple_(literal(value, self.column.type), literal(tie, self.tie.type))
        return query.where(place < last if self.descending else place > last)

    def _values(self, cursor: str) -> tuple[Any, Any]:
        name, *values = cursors.decode(cursor)
        try:
            if name != self.name or len(values) not in (2, 3):
                raise ValueError("a cursor of another list")
            kinds = self.column.type.python_type, self.tie.type.python_type
            value, tie = (_kind(kind).validate_python(value) for kind, value in zip(kinds, values, strict=False))
        except ValueError as error:
            raise InvalidCursor("Take `next_cursor` as it came, with the same sort.") from error
        return value, tie


@cache
def _kind(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


async def _json(session: AsyncSession, page: PageRequest, listing: Listing, order: _Order) -> bytes:
    query = order.apply(listing.query).add_columns(order.column.label("_key"), order.tie.label("_tie"))
    if page.cursor is not None:
        query = order.after(query, page.cursor)
    rows = (await session.execute(query.limit(page.limit + 1))).all()
    shown = rows[: page.limit]
    data = b",".join(await _rendered(session, shown, page, listing))
    cursor: str | None = None
    if len(rows) > page.limit:
        cursor = cursors.encode([order.name, shown[-1][-2], shown[-1][-1], *([page.pin] if page.pin else [])])
    total = b',"total":%d' % await _count(session, listing) if page.count else b""
    return b'{"data":[' + data + b'],"next_cursor":' + msgspec.json.encode(cursor) + total + b"}"


async def _count(session: AsyncSession, listing: Listing) -> int:
    query = listing.query.with_only_columns(listing.tie, maintain_column_froms=True)
    return await session.scalar(select(func.count()).select_from(query.subquery())) or 0


async def _rendered(session: AsyncSession, rows: Sequence[Any], page: PageRequest, listing: Listing) -> list[bytes]:
    documents = [listing.rendered(row) for row in rows]
    if not page.expand:
        return documents
    told = [msgspec.json.decode(document) for document in documents]
    for name in page.expand:
        await _expand(session, told, name, listing.expand[name])
    return [msgspec.json.encode(each) for each in told]


async def _expand(session: AsyncSession, rows: list[dict[str, Any]], name: str, summaries: Summaries) -> None:
    def named_in(row: dict[str, Any]) -> str | None:
        return row.get(f"{name}_id") or (row.get(name) or {}).get("id")

    found = await summaries(session, sorted({id for row in rows if (id := named_in(row))}))
    for row in rows:
        row[name] = {**(row.get(name) or {}), **found.get(named_in(row) or "", {})} or None


async def _blocks(
    request: Request, page: PageRequest, listing: Listing, order: _Order
) -> AsyncGenerator[list[bytes], None]:
    """All rows as JSON, some hundred at a time, from one snapshot."""
    principal: Principal = request.state.principal
    masker: Masker = request.app.state.masker
    hide = bool(masker.fields) and not sees_personal_data(principal)
    async with sessions.database(request).sessions() as session:
        await session.connection(execution_options=_SNAPSHOT)
        # With the key among the columns its table is in FROM, even where the rows are but a document.
        query = order.apply(listing.query).add_columns(order.tie.label("_tie"))
        stream = await session.stream(query.execution_options(yield_per=MOST))
        async for rows in stream.partitions():
            documents = await _rendered(session, rows, page, listing)
            yield [masker.json(document) for document in documents] if hide else documents


async def _ndjson(rows: AsyncGenerator[list[bytes], None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rows) as blocks:
        async for documents in blocks:
            # json_agg breaks lines between the elements of an array; inside a JSON string there are none.
            yield b"".join(document.replace(b"\n", b"") + b"\n" for document in documents)


async def _csv(rows: AsyncGenerator[list[bytes], None], listing: Listing) -> AsyncGenerator[str, None]:
    names = [each.alias or name for name, each in listing.model.model_fields.items()]
    yield tables.lines([names])
    async with aclosing(rows) as blocks:
        async for documents in blocks:
            lines = map(msgspec.json.decode, documents)
            yield tables.lines([line.get(name) for name in names] for line in lines)
