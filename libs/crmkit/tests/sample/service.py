"""A service of one noun, with every habit of the kit: what the kit's own tests run."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID, uuid4

import asyncpg
import msgspec
from fastapi import Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from starlette.responses import StreamingResponse

from crmkit import app, worker
from crmkit.data import audit
from crmkit.data.db import Base, Database, constraint, driver
from crmkit.data.instants import Instant
from crmkit.events import outbox
from crmkit.events.cloudevents import Event
from crmkit.events.consumers import Consumer
from crmkit.problems import Conflict, Invalid, NotFound
from crmkit.settings import Settings
from crmkit.web import batches, concurrency, fast, handles, hot, idempotency, lists, paging, routing
from crmkit.web.sessions import Session
from crmkit.work import jobs
from crmkit.work.due import Due
from crmkit.worker import Worker


class SampleSettings(Settings):
    service: str = "sample"
    falls_over: bool = False


class ThingRow(Base):
    __tablename__ = "things"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    phone: Mapped[str | None]
    size: Mapped[Decimal | None]
    twin_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class NewThing(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)
    name: str
    phone: str | None = None
    size: Annotated[Decimal, Field(max_digits=20, decimal_places=3)] | None = None
    twin_id: UUID | None = None


class Thing(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    version: int
    name: str
    phone: str | None
    size: Decimal | None
    twin_id: UUID | None
    created_at: datetime


class NameTaken(Conflict):
    code = "name_taken"


class Count(BaseModel):
    to: int
    kind: str = "count"
    pause_s: float = 0
    then_fail: bool = False


router = routing.router(tags=["things"], scope="things")
hot_router = hot.router(tags=["things"], scope="things")


@router.post("/things", status_code=201, operation_id="create_thing")
async def create_thing(body: NewThing, session: Session, response: Response) -> Thing:
    row = ThingRow(**body.model_dump())
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        if constraint(error) != "things_name_key":
            raise
        raise NameTaken(f"There is a thing called {body.name!r}.") from error
    await session.refresh(row)
    thing = Thing.model_validate(row)
    await outbox.emit(session, noun="thing", verb="created", id=row.id, data=thing)
    await audit.record(session, "create_thing", f"/v1/things/{row.id}")
    concurrency.tag(response, thing.version)
    return thing


class ThingQuery(lists.ListQuery):
    sort: Literal["created_at", "-created_at", "name", "-name"] = "created_at"
    ids: lists.Ids
    name: lists.AnyOf[str]
    phone: lists.AnyOrNone[str]
    like: str | None = None
    created_at_gte: Instant | None = None
    created_at_lt: Instant | None = None
    expand: lists.Expand[Literal["twin"]]


async def summaries(session: AsyncSession, ids: Sequence[str]) -> dict[str, dict[str, str]]:
    rows = await session.execute(select(ThingRow.id, ThingRow.name).where(ThingRow.id.in_(ids)))
    return {str(id): {"id": str(id), "name": name} for id, name in rows}


THINGS = lists.List(
    select(ThingRow),
    ThingQuery,
    columns=ThingRow.__table__.c,
    named={"like": ThingRow.name.contains},
    model=Thing,
    expand={"twin": summaries},
)


@router.get("/things", operation_id="list_things", response_model=paging.Page[Thing])
async def list_things(request: Request, session: Session, asked: Annotated[ThingQuery, Query()]) -> Response:
    return await THINGS.answer(request, session, asked)


class NoThing(NotFound):
    code = "thing_not_found"


ThingId = Annotated[
    UUID,
    Depends(
        handles.resolving(
            "thing",
            missing=NoThing,
            ext="select id from things where $1 = 'till' and name = $2",
            no="select id from things where size = $1::bigint",
        )
    ),
]


class NewThings(BaseModel):
    items: list[JsonValue]


@router.post("/things/batch", operation_id="read_things")
async def read_things(body: NewThings) -> batches.BatchResults:
    """What would become of each."""
    results = []
    for item in body.items:
        try:
            batches.read_item(NewThing, item)
            results.append(batches.BatchResult(status=200))
        except Invalid as problem:
            results.append(batches.refused(problem))
    return batches.BatchResults(data=results)


@router.get("/things/{id}/name", operation_id="get_thing_name")
async def get_thing_name(id: ThingId, session: Session) -> str | None:
    return await session.scalar(select(ThingRow.name).where(ThingRow.id == id))


@router.get("/things/{id}", operation_id="get_thing")
async def get_thing(id: ThingId, session: Session, response: Response) -> Thing:
    row = await session.get(ThingRow, id)
    if row is None:
        raise NotFound(f"There is no thing {id}.")
    concurrency.tag(response, row.version)
    return Thing.model_validate(row)


@router.post("/things/{id}/grow", operation_id="grow_thing")
async def grow_thing(id: UUID, session: Session, request: Request) -> Thing:
    row = await session.get(ThingRow, id, with_for_update=True)
    if row is None:
        raise NotFound(f"There is no thing {id}.")
    concurrency.check(request, row.version)
    row.version += 1
    thing = Thing.model_validate(row)
    await outbox.emit(session, noun="thing", verb="updated", id=id, data=thing)
    return thing


@router.post("/things/swap", operation_id="swap_things")
async def swap_things(first: UUID, second: UUID, session: Session) -> None:
    """Lock two rows in the caller's order: two callers in opposite orders meet in a deadlock."""
    for id in (first, second):
        await session.execute(text("update things set version = version + 1 where id = :id"), {"id": id})
        await session.execute(text("select pg_sleep(0.05)"))


@router.get("/fault", operation_id="break_down")
async def break_down() -> None:
    raise RuntimeError("secret of the house")


@router.get("/out-of-range", operation_id="exceed_range")
async def overflow(session: Session) -> None:
    await session.execute(text("select 100000::smallint"))


@router.get("/half-answer", operation_id="break_off", response_class=Response)
async def break_off() -> Response:
    async def lines() -> AsyncIterator[bytes]:
        yield b"half an answer\n"
        raise RuntimeError("secret of the house")

    return StreamingResponse(lines(), media_type="text/plain")


class QuickThing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    size: int | None = None


QUICK = f"""
with made as materialized (
    select uuidv7() as id, $7::text as name, $8::numeric as size
), rendered as materialized (
    select made.*, json_build_object('id', id, 'name', name) as document from made
), inserted as (
    insert into things (id, name, size) select id, name, size from rendered
), emitted as (
    {outbox.telling("thing", "'created'", rows="rendered", document="document")}
), {fast.keeping(source="rendered", body="document", headers="'location', '/v1/things/' || id")}
select id, document::text from rendered
"""


@hot_router.post("/quick-things", status_code=201, operation_id="create_quick_thing")
async def create_quick_thing(body: QuickThing, request: Request) -> Response:
    row = await fast.execute(request, QUICK, body.name, body.size)
    assert row is not None
    headers = {"Location": f"/v1/things/{row['id']}"}
    return Response(row["document"], 201, headers, "application/json")


@router.post("/uploads", status_code=201, operation_id="upload_thing")
async def upload_thing(request: Request, session: Session) -> Thing:
    """The body is the thing's phone number, read as it comes."""
    digest, phone = hashlib.sha256(), ""
    async for block in request.stream():
        digest.update(block)
        phone = (phone + block.decode())[:20]
    if phone == "deadlock":
        await session.execute(text("do $$ begin raise exception using errcode = '40P01'; end $$"))
    key = idempotency.read_key(request)
    if key is not None:
        await idempotency.take(
            request, await driver(session), idempotency.claim_with_digest(request, key, digest.digest())
        )
    row = ThingRow(name=f"upload {uuid4()}", phone=phone)
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return Thing.model_validate(row)


@router.post("/counts", status_code=202, operation_id="count_things")
async def start_count(body: Count, session: Session, request: Request, response: Response) -> jobs.Job:
    service: str = request.app.state.settings.service
    job = await jobs.create(session, service=service, kind=body.kind, params=body, total=body.to)
    if body.then_fail:
        raise NameTaken("Nothing of this request is kept.")
    response.headers["Location"] = jobs.location(service, job.id)
    return job


async def count(run: jobs.Run) -> Count:
    """Make `to` things, one a chunk; every tenth is refused."""
    wanted = Count.model_validate(run.params)
    done = 0
    while done < wanted.to:
        async with run.chunk() as chunk:
            done = (chunk.checkpoint or 0) + 1
            if done > wanted.to:
                break
            await chunk.session.execute(text("select pg_sleep(:s)"), {"s": wanted.pause_s})
            chunk.session.add(ThingRow(name=f"{run.id}-{done}"))
            if done % 10 == 0:
                row = {"job_id": run.id, "position": done, "code": "tenth", "detail": "No tenth.", "content": "=1+1"}
                await chunk.session.execute(insert(jobs.job_errors).values(row))
            chunk.save(done, processed=1, failed=int(done % 10 == 0))
    return wanted


async def refuse(run: jobs.Run) -> None:
    raise NameTaken("The input names nobody.")


async def fail_inside(run: jobs.Run) -> None:
    raise RuntimeError("secret of the house")


async def copy(session: AsyncSession, arrived: list[Event]) -> None:
    """Note each event; one whose thing is called `poison...` cannot be noted while `cured` is empty."""
    for event in arrived:
        name = event.read(Named).name
        if name.startswith("poison") and not await session.scalar(text("select count(*) from cured")):
            raise ValueError(f"{name} is bad for me")
        await session.execute(
            text("insert into copies (event, subject, name) values (:event, :subject, :name)"),
            {"event": UUID(event.id), "subject": event.source, "name": name},
        )


class Named(msgspec.Struct):
    name: str


def create_app(settings: Settings) -> FastAPI:
    return app.create_app(
        settings,
        title="Sample",
        routers=[hot_router, router],
        personal_fields=frozenset({"phone"}),
        streaming=frozenset({"/v1/uploads"}),
        jobs_scope="things",
    )


async def note(connection: asyncpg.Connection, rows: Sequence[Due]) -> None:
    """Note what was due; a `poison...` cannot be."""
    if any(row.ref.startswith("poison") for row in rows):
        raise ValueError("bad for me")
    await connection.execute(
        "insert into done (kind, ref, due_at, at) select *, clock_timestamp()"
        " from unnest($1::text[], $2::text[], $3::timestamptz[])",
        *zip(*((row.kind, row.ref, row.at) for row in rows), strict=True),
    )


async def fall_over(database: Database, schema: str) -> None:
    raise RuntimeError("a part of the worker failed")


def create_worker() -> Worker:
    settings = SampleSettings()
    if settings.falls_over:
        outbox.sequence_forever = fall_over  # type: ignore[assignment]
    return Worker(
        settings,
        jobs={"count": count, "refuse": refuse, "fail_inside": fail_inside},
        consumers=[Consumer(feed="sample", apply=copy)],
        due={"note": note},
    )


if __name__ == "__main__":
    worker.main(create_worker)
