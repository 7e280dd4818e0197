"""What happens to calls: events are kept and folded, agents note how they ended."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import repository, rules
from callcenter.calls.repository import Held, KeptEvent
from callcenter.calls.rules import Call, EventType
from callcenter.calls.schemas import CallPatch, NewCallEvent
from callcenter.references import repository as references
from callcenter.references.rules import NOBODY, Concern, Handle, HandleKind
from crmkit.data import audit, db
from crmkit.web.told import Told


async def take_event(connection: asyncpg.Connection, new: NewCallEvent, region: str) -> Told:
    """Keep an event and fold it into its call; the call as this event leaves it."""
    given = new.model_dump(mode="json", by_alias=True, exclude={"call_id"})
    event = msgspec.convert(given | {"call_id": new.call_id, "source": "api"}, KeptEvent)
    told = None
    while told is None:
        held = await repository.lock_call_id(connection, new.call_id)
        told = await _take(connection, held, event, region)
    return told


async def note_disposition(
    session: AsyncSession, id_: UUID, patch: CallPatch, region: str, check: Callable[[int], None]
) -> Told:
    """Keep what an agent notes of the version that `check` accepts; it outlasts what earlier events say."""
    connection = await db.driver(session)
    held = await repository.lock_call(connection, id_)
    check(held.version)
    await audit.record(session, "patch_call", f"/v1/calls/{id_}")
    note = KeptEvent(call_id=held.call_id, source="agent", at=datetime.now(UTC), disposition=patch.disposition)
    told = await _take(connection, held, note, region)
    assert told is not None, "the row is locked"
    return told


async def _take(connection: asyncpg.Connection, held: Held | None, event: KeptEvent, region: str) -> Told | None:
    """Keep the event and fold the call; None when somebody else was first to tell of it."""
    now = datetime.now(UTC)
    if held and held.concern.handle_kind == HandleKind.ID:
        event = event.without_words()  # texts that erasure took out stay out, whatever comes late or again
    known = await repository.events(connection, event.call_id) if held else {}
    call = rules.fold(_read(each, came_at, region) for each, came_at in ({event: now} | known).items())
    concern = await _concern(connection, held, rules.handle_number(call, region))
    if held and (held.call, held.concern) == (call, concern):
        if event not in known:
            await repository.keep_event(connection, event, now)
        return held.told
    columns = {
        **msgspec.to_builtins(call),
        **msgspec.to_builtins(concern),
        "call_id": event.call_id,
        "version": held.version + 1 if held else 1,
        "decided_by": "rule",
        "created_at": now,
        "updated_at": now,
    }
    new = None if event in known else event
    return await repository.settle(connection, columns, _verb(held, call), new, now)


def _verb(held: Held | None, call: Call) -> str:
    if call.status is EventType.ENDED and not (held and held.call.status == EventType.ENDED):
        return "ended"
    return "updated" if held else "started"


def _read(event: KeptEvent, came_at: datetime, region: str) -> rules.Event:
    return rules.Event(
        type=event.type,
        at=min(event.at, came_at),
        from_number=rules.read_number(event.from_, region),
        to_number=rules.read_number(event.to, region),
        direction=event.direction,
        agent=event.agent,
        recording_url=event.recording_url,
        disposition=event.disposition,
    )


async def _concern(connection: asyncpg.Connection, held: Held | None, number: str | None) -> Concern:
    """Whom the call concerns; a number may have changed hands since."""
    handle = Handle(HandleKind.PHONE, number) if number else None
    if held and (held.concern.handle_kind == HandleKind.ID or held.concern.is_resolved_under(handle)):
        return held.concern
    return await references.resolve(connection, handle) if handle else NOBODY
