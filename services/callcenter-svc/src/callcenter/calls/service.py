"""What happens to calls: events are read, agents note how they ended."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.calls import fast, repository, rules
from callcenter.calls.schemas import CallPatch, NewCallEvent
from callcenter.references.rules import e164
from callcenter.schemas import Told
from crmkit.data import audit


def given_call(event: NewCallEvent, region: str) -> fast.GivenCall:
    """The call this event tells of. A number that is none (an extension, `anonymous`) stays as it came."""
    told = rules.Event(
        type=event.type,
        at=event.at.astimezone(UTC),
        from_number=_number(event.from_number, region),
        to_number=_number(event.to_number, region),
        direction=event.direction,
        agent=event.agent,
        recording_url=str(event.recording_url) if event.recording_url else None,
        disposition=event.disposition,
    )
    return fast.GivenCall(call_id=event.call_id, received_at=datetime.now(UTC), call=rules.call_of(told))


def _number(number: str | None, region: str) -> str | None:
    return (e164(number, region) or number) if number else None


async def note_disposition(session: AsyncSession, id_: UUID, patch: CallPatch, check: Callable[[int], None]) -> Told:
    """Set the disposition of the version that `check` accepts; it outlasts what earlier events say."""
    call = await repository.lock_call(session, id_)
    check(call.version)
    call.disposition, call.disposition_at = patch.disposition, datetime.now(UTC)
    call.updated_at = call.disposition_at
    await audit.record(session, "patch_call", f"/v1/calls/{id_}")
    return await repository.save_call(session, call)
