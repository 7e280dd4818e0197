"""The HTTP feed of a service's events: a CloudEvents batch after a cursor, with a long poll (http-feeds.org)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any, Final

import asyncpg
import msgspec
from fastapi import APIRouter, FastAPI, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from crmkit.data.masking import Masker
from crmkit.events import cloudevents, outbox
from crmkit.problems import Conflict, InvalidCursor
from crmkit.web import consumers, sessions
from crmkit.web.auth import Caller, Principal, sees_personal_data
from crmkit.web.routing import router as api_router

POLL_S: Final = 1.0
MOST_PARKED: Final = 2**31 - 1

# The limit is spelled out: a plan for any limit joins the whole tables.
_PAGE: Final = """
select page.position, id, type, source, subject, data::text as data, actor, request_id, causation_id, traceparent,
    created_at
from (select position, id from feed where position > $1 order by position limit {limit}) as page
join outbox using (id) order by page.position
"""
_BATCHES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {cloudevents.MEDIA_TYPE: {"schema": {"type": "array", "items": cloudevents.ENVELOPE}}}},
    409: {"description": "The feed was restored"},
}


class FeedEpochChanged(Conflict):
    code, title = "feed_epoch_changed", "This feed was restored; its old cursors are void"


class FeedHead(BaseModel):
    """position: of the newest event that can be read; unsequenced: committed and about to be; cursor: of position."""

    position: int
    unsequenced: int
    cursor: str


class Waking:
    """Wakes this process's long polls: by the sequencer's NOTIFY, and by a poll behind it."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def wake(self, *_: object) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def next(self) -> asyncio.Event:
        """The coming wake-up: taken before looking, waited for after, so that none falls between."""
        return self._changed


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await changed.wait()


@asynccontextmanager
async def waking(app: FastAPI) -> AsyncIterator[None]:
    """Lifespan: one listening connection per process, opened again when it is lost."""
    app.state.waking = Waking()
    listener = asyncio.create_task(_listen(app))
    try:
        yield
    finally:
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


async def _listen(app: FastAPI) -> None:
    settings, wake = app.state.settings, app.state.waking.wake
    while True:
        try:
            connection = await asyncpg.connect(settings.dsn())
            try:
                await connection.add_listener(f"{settings.service}_feed", wake)
                await _until_lost(connection)
            finally:
                connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(POLL_S)


async def _until_lost(connection: asyncpg.Connection) -> None:
    lost = asyncio.Event()
    connection.add_termination_listener(lambda _: lost.set())
    await lost.wait()


def router(service: str) -> APIRouter:
    """`/v1/feeds/{service}` and its `/head`."""
    routes = api_router(tags=["feeds"], scope="feeds:read")
    readers = consumers.Readers()

    @routes.get(f"/feeds/{service}", operation_id=f"read_{service}_feed", response_class=Response, responses=_BATCHES)
    async def read_feed(
        request: Request,
        caller: Caller,
        after: Annotated[str, Query(description="`sequence` of the event to read on from")] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
        wait: Annotated[float, Query(ge=0, le=30, description="seconds to wait for an event")] = 0,
        handled: Annotated[str | None, Query(description="the last event handled, where `after` reads ahead")] = None,
        parked: Annotated[int, Query(ge=0, le=MOST_PARKED, description="events the reader could not apply")] = 0,
    ) -> Response:
        epoch, position = await _place(request, after)
        done = position if handled is None else (await _place(request, handled))[1]
        await readers.note(request, caller, done, parked)
        rows = await _read(request, position, limit, wait)
        return Response(_batch(request, caller, epoch, rows), media_type=cloudevents.MEDIA_TYPE)

    @routes.get(f"/feeds/{service}/head", operation_id=f"read_{service}_feed_head")
    async def read_head(request: Request) -> FeedHead:
        epoch, position, unsequenced = await outbox.head(sessions.database(request))
        cursor = cloudevents.cursor(epoch, position)
        return FeedHead(position=position, unsequenced=unsequenced, cursor=cursor)

    return routes


async def _place(request: Request, after: str) -> tuple[str, int]:
    """Epoch and position after which to read. A position the feed has not reached is one of a history that is lost."""
    head = await sessions.one_statement(request, "select epoch, position from feed_head")
    assert head is not None
    epoch, newest = head
    if not after:
        return epoch, 0
    place = cloudevents.split_cursor(after)
    if place is None:
        raise InvalidCursor("`after` takes the `sequence` of an event as it came; leave it out to read from the start.")
    if place[0] != epoch or place[1] > newest:
        raise FeedEpochChanged("Read again from the start and compare versions.", epoch=epoch)
    return place


async def _read(request: Request, position: int, limit: int, wait: float) -> list[asyncpg.Record]:
    loop = asyncio.get_running_loop()
    until = loop.time() + wait
    while True:
        changed = request.app.state.waking.next()
        async with sessions.database(request).connection() as connection:
            rows: list[asyncpg.Record] = await connection.fetch(_PAGE.format(limit=limit), position)
        left = until - loop.time()
        if rows or left <= 0 or await request.is_disconnected():
            return rows
        await _wait(changed, min(left, POLL_S))


def _batch(request: Request, caller: Principal, epoch: str, rows: list[asyncpg.Record]) -> bytes:
    masker: Masker = request.app.state.masker
    hide = not sees_personal_data(caller) and bool(masker.fields)
    return b"[" + b",\n".join(_cloud_event(epoch, row, masker if hide else None) for row in rows) + b"]"


_OPTIONAL: Final = (
    ("subject", "subject"),
    ("actor", "actor"),
    ("request_id", "requestid"),
    ("causation_id", "causationid"),
    ("traceparent", "traceparent"),
)


def _cloud_event(epoch: str, row: asyncpg.Record, masker: Masker | None) -> bytes:
    head = {
        "specversion": "1.0",
        "id": str(row["id"]),
        "type": row["type"],
        "source": row["source"],
        "sequence": cloudevents.cursor(epoch, row["position"]),
        "time": row["created_at"],
        "datacontenttype": "application/json",
    }
    for column, name in _OPTIONAL:
        if row[column] is not None:
            head[name] = row[column]
    data = masker.json(row["data"]) if masker else row["data"].encode()
    return msgspec.json.encode(head)[:-1] + b',"data":' + data + b"}"
