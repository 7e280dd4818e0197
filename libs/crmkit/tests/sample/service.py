"""A service of one noun, with every habit of the kit: what the kit's own tests run."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from crmkit import app, audit, concurrency, jobs, outbox, paging
from crmkit.db import Base, Session, constraint
from crmkit.problems import Conflict, NotFound
from crmkit.settings import Settings


class SampleSettings(Settings):
    service: str = "sample"


class ThingRow(Base):
    __tablename__ = "things"
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str]
    phone: Mapped[str | None]
    size: Mapped[Decimal | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class NewThing(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=False)
    name: str
    phone: str | None = None
    size: Decimal | None = None


class Thing(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: UUID
    version: int
    name: str
    phone: str | None
    size: Decimal | None
    created_at: datetime


class NameTaken(Conflict):
    code = "name_taken"


class Count(BaseModel):
    to: int


router = app.router(tags=["things"])


@router.post("/things", status_code=201, operation_id="create_thing")
async def create_thing(body: NewThing, session: Session, response: Response) -> Thing:
    row = ThingRow(**body.model_dump())
    session.add(row)
    try:
        await session.flush()
    except IntegrityError as error:
        assert constraint(error) == "things_name_key"
        raise NameTaken(f"There is a thing called {body.name!r}.") from error
    await session.refresh(row)
    thing = Thing.model_validate(row)
    await outbox.emit(session, noun="thing", verb="created", id=row.id, data=thing)
    await audit.record(session, "create_thing", f"/v1/things/{row.id}")
    concurrency.tag(response, thing.version)
    return thing


@router.get("/things", operation_id="list_things", response_model=paging.Page[Thing])
async def list_things(
    request: Request, session: Session, page: paging.PageQuery, name: Annotated[str | None, Query()] = None
) -> Response:
    query = select(ThingRow) if name is None else select(ThingRow).where(ThingRow.name == name)
    keys = {"created_at": ThingRow.created_at, "name": ThingRow.name}
    listing = paging.Listing(query, keys=keys, tie=ThingRow.id, default="created_at", model=Thing)
    return await paging.answer(request, session, page, listing)


@router.get("/things/{id}", operation_id="get_thing")
async def get_thing(id: UUID, session: Session, response: Response) -> Thing:
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


@router.get("/fault", operation_id="fail")
async def fail() -> None:
    raise RuntimeError("secret of the house")


@router.post("/counts", status_code=202, operation_id="count_things")
async def start_count(body: Count, session: Session, response: Response) -> jobs.Job:
    job = await jobs.create(session, service="sample", kind="count", params=body, total=body.to)
    response.headers["Location"] = jobs.location("sample", job.id)
    return job


async def count(run: jobs.Run) -> Count:
    """Make `to` things, one a chunk."""
    done = 0
    while done < run.params["to"]:
        async with run.chunk() as chunk:
            done = (chunk.checkpoint or 0) + 1
            if done > run.params["to"]:
                break
            chunk.session.add(ThingRow(name=f"{run.id}-{done}"))
            chunk.save(done, processed=1)
    return Count(to=run.params["to"])


def create_app(settings: Settings) -> FastAPI:
    return app.create_app(settings, title="Sample", routers=[router], personal_fields=frozenset({"phone"}))
