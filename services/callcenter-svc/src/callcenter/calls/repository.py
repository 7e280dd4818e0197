"""Calls in the database, other than the hot path."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Text, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls.errors import CallNotFound
from callcenter.calls.fast import call_json
from callcenter.calls.models import Call
from callcenter.references.repository import erasing, linking
from callcenter.schemas import Told
from crmkit.events import outbox

DOCUMENT: Final = literal_column(f"{call_json('calls')}::text", Text).label("document")

LINK: Final = linking("calls", "call", call_json)
ERASE: Final = erasing("calls", "call", call_json, blank="from_number = null, to_number = null, recording_url = null")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which calls a list shows; None leaves a field free."""

    call_id: str | None = None
    status: str | None = None
    direction: str | None = None
    agent: str | None = None
    customer_id: UUID | None = None
    resolution: str | None = None
    created_at_gte: datetime | None = None
    created_at_lt: datetime | None = None


def calls(chosen: Filter) -> Select[Any]:
    """The filtered calls, as told."""
    query = select(DOCUMENT).select_from(Call)
    for name in ("call_id", "status", "direction", "agent", "customer_id", "resolution"):
        if (value := getattr(chosen, name)) is not None:
            query = query.where(getattr(Call, name) == value)
    if chosen.created_at_gte is not None:
        query = query.where(Call.created_at >= chosen.created_at_gte)
    if chosen.created_at_lt is not None:
        query = query.where(Call.created_at < chosen.created_at_lt)
    return query


async def read_call(session: AsyncSession, id_: UUID) -> Told:
    """The call as told. Raises CallNotFound."""
    row = (await session.execute(select(DOCUMENT, Call.version).where(Call.id == id_))).one_or_none()
    if row is None:
        raise CallNotFound(id_)
    return Told(row.document, row.version)


async def lock_call(session: AsyncSession, id_: UUID) -> Call:
    """The call, its row locked until the end of the transaction. Raises CallNotFound."""
    call = await session.get(Call, id_, with_for_update=True)
    if call is None:
        raise CallNotFound(id_)
    return call


async def save_call(session: AsyncSession, call: Call) -> Told:
    """Write a locked call's changes as its next version, with the event; the call as told."""
    call.version += 1
    await session.flush()
    told = await read_call(session, call.id)
    data = told.document.encode()
    await outbox.emit(session, noun="call", verb="updated", id=call.id, data=data, subject=call.customer_id)
    return told
