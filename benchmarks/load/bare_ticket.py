"""The rival without mechanism: FastAPI and asyncpg, one insert of the same row, told back as it came."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
from fastapi import FastAPI
from pydantic import BaseModel

INSERT = """
insert into bare_tickets (id, number, version, type, status, priority, priority_given, subject, body, channel, store_id,
    tags, custom, handle_kind, handle_value, resolution, first_response_due_at, resolution_due_at, created_at,
    updated_at)
values (uuidv7(), nextval('ticket_number'), 1, $1, 'new', 'normal', false, $2, $3, $4, $5,
    $6, '{}', 'phone', $7, 'pending', $8, $9, $10, $10)
returning id, number, version, type, status, priority, subject, body, channel, store_id, tags, handle_value as phone,
    first_response_due_at, resolution_due_at, created_at, updated_at
"""


class CustomerRef(BaseModel):
    phone: str


class NewTicket(BaseModel):
    type: str
    subject: str
    body: str
    channel: str
    customer: CustomerRef
    store_id: str
    tags: list[str]


class Ticket(BaseModel):
    id: UUID
    number: int
    version: int
    type: str
    status: str
    priority: str
    subject: str
    body: str
    channel: str
    store_id: str
    tags: list[str]
    phone: str
    first_response_due_at: datetime
    resolution_due_at: datetime
    created_at: datetime
    updated_at: datetime


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with asyncpg.create_pool(os.environ["BARE_DATABASE_URL"], min_size=16, max_size=16) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/v1/tickets", status_code=201)
async def create_ticket(new: NewTicket) -> Ticket:
    now = datetime.now(UTC)
    values: tuple[Any, ...] = (
        new.type, new.subject, new.body, new.channel, new.store_id, new.tags, new.customer.phone,
        now + timedelta(hours=8), now + timedelta(hours=72), now,
    )  # fmt: skip
    row = await app.state.pool.fetchrow(INSERT, *values)
    return Ticket.model_validate(dict(row))
