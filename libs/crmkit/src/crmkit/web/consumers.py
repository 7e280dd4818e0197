"""Who reads a service's feed and how far, and what the service's own consumers could not apply of others' feeds."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import BigInteger, Column, DateTime, Integer, MetaData, String, Table, func, select, true
from starlette.responses import Response

from crmkit.data import audit
from crmkit.data.db import driver
from crmkit.events import parked
from crmkit.web import lists, sessions
from crmkit.web.auth import ADMIN, Principal
from crmkit.web.paging import Page
from crmkit.web.routing import router as api_router
from crmkit.web.routing import takes
from crmkit.web.sessions import Session
from crmkit.work import due

# How often a reader's row is written while it only waits.
SEEN_EVERY_S: Final = 10

_SEEN: Final = """
insert into feed_readers (client, name, position, seen_at, parked) values ($1, $2, $3, $4, $5)
on conflict (client) do update
    set position = excluded.position, name = excluded.name, seen_at = excluded.seen_at, parked = excluded.parked
"""
_metadata = MetaData()
_readers = Table(
    "feed_readers",
    _metadata,
    Column("client", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("position", BigInteger),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Column("parked", Integer),
)
_head = Table("feed_head", _metadata, Column("epoch", String), Column("position", BigInteger))
_parked = Table(
    "feed_parked",
    _metadata,
    Column("consumer", String, primary_key=True),
    Column("sequence", String, primary_key=True),
    Column("source", String),
    Column("subject", String),
    Column("error", String),
    Column("attempts", Integer),
    Column("parked_at", DateTime(timezone=True), nullable=False),
)


class FeedReader(BaseModel):
    """One consumer: how far it has handled the feed, how many events lie after that, when it last asked.

    parked: the events it could not apply, as it said itself: its own service lists them at
    `/v1/feeds/{service}/parked`.
    """

    client: str
    name: str
    position: int
    lag: int
    cursor: str
    seen_at: datetime
    parked: int


class ParkedEvent(BaseModel):
    """An event that could not be applied, or waits behind one of its resource (`attempts` 0).

    consumer: the feed it came from; sequence: its place there.
    """

    consumer: str
    sequence: str
    source: str | None
    subject: str | None
    error: str
    attempts: int
    parked_at: datetime


class Replay(BaseModel):
    """How many parked events are about to be tried again."""

    parked: int


class ReaderQuery(lists.ListQuery):
    sort: Literal["name", "-name", "seen_at", "-seen_at"] = "name"
    name: lists.AnyOf[str]


class ParkedQuery(lists.ListQuery):
    sort: Literal["sequence", "-sequence", "parked_at", "-parked_at"] = "sequence"
    consumer: lists.AnyOf[str]
    source: lists.AnyOf[str]
    subject: lists.AnyOf[str]


_LAG: Final = func.greatest(_head.c.position - _readers.c.position, 0).label("lag")
_CURSOR: Final = func.concat(_head.c.epoch, ".", func.to_char(_readers.c.position, "FM0000000000000000"))
READERS: Final = lists.List(
    select(_readers, _LAG, _CURSOR.label("cursor")).join_from(_readers, _head, true()),
    ReaderQuery, columns=_readers.c, model=FeedReader, tie="client",
)  # fmt: skip
PARKED: Final = lists.List(select(_parked), ParkedQuery, columns=_parked.c, model=ParkedEvent, tie="sequence")


class Readers:
    """What this process has noted of the readers: a row is written when something moved, and now and then."""

    def __init__(self) -> None:
        self._noted: dict[str, tuple[Any, ...]] = {}

    async def note(self, request: Request, caller: Principal, position: int, parked: int) -> None:
        told = position, parked, time.monotonic() // SEEN_EVERY_S
        if self._noted.get(caller.client_id) != told:
            now = datetime.now(UTC)
            await sessions.one_statement(request, _SEEN, caller.client_id, caller.name, position, now, parked)
            self._noted[caller.client_id] = told


def router(service: str) -> APIRouter:
    """`/v1/feeds/{service}/consumers`, `/parked` and `/parked/replay`."""
    routes = api_router(tags=["feeds"], scope="feeds:read")

    @routes.get(
        f"/feeds/{service}/consumers",
        operation_id=f"list_{service}_feed_consumers",
        response_model=Page[FeedReader],
    )
    async def list_consumers(request: Request, session: Session, asked: Annotated[ReaderQuery, Query()]) -> Response:
        return await READERS.answer(request, session, asked)

    @routes.get(
        f"/feeds/{service}/parked", operation_id=f"list_{service}_parked_events", response_model=Page[ParkedEvent]
    )
    async def list_parked(request: Request, session: Session, asked: Annotated[ParkedQuery, Query()]) -> Response:
        return await PARKED.answer(request, session, asked)

    @routes.post(f"/feeds/{service}/parked/replay", status_code=202, operation_id=f"replay_{service}_parked_events")
    @takes(ADMIN)
    async def replay_parked(session: Session) -> Replay:
        """The worker tries them again in feed order; what fails again stays parked, with what waits behind it."""
        connection = await driver(session)
        counts = await parked.counts(connection)
        await due.put(connection, parked.REPLAY, counts, datetime.now(UTC))
        await audit.record(session, "replay_parked_events", f"/v1/feeds/{service}/parked")
        return Replay(parked=sum(counts.values()))

    return routes
