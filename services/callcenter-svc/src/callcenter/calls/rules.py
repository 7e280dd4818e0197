"""How events of the telephone system make a call: a pure fold that no order and no repetition of events can change.

Each event is a small call of its own, and calls are joined field by field by operations that commute, associate and
absorb repetition: the earliest instant, the later of two stamped values, the lesser of two texts that ought to agree.
`fast.py` does the same join in SQL; a test holds the two together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import Final, TypeVar


class EventType(StrEnum):
    RINGING = "ringing"
    ANSWERED = "answered"
    HELD = "held"
    TRANSFERRED = "transferred"
    ENDED = "ended"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


@dataclass(frozen=True, slots=True)
class Event:
    """What the telephone system says happened to one call at one instant."""

    type: EventType
    at: datetime
    from_number: str | None = None
    to_number: str | None = None
    direction: Direction | None = None
    agent: str | None = None
    recording_url: str | None = None
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call as far as it is known. `status_rank` settles events of one instant; an ended call stays ended."""

    status: EventType
    status_rank: int
    status_at: datetime
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    from_number: str | None = None
    to_number: str | None = None
    direction: Direction | None = None
    recording_url: str | None = None
    agent: str | None = None
    agent_at: datetime | None = None
    disposition: str | None = None
    disposition_at: datetime | None = None


_T = TypeVar("_T")
_RANKS: Final = {type_: rank for rank, type_ in enumerate(EventType)}
ENDED_RANK: Final = _RANKS[EventType.ENDED]


def call_of(event: Event) -> Call:
    """The call as this event alone tells it. The numbers of a transfer are the new leg's, not the call's."""
    of_leg = event.type is EventType.TRANSFERRED
    return Call(
        status=event.type,
        status_rank=_RANKS[event.type],
        status_at=event.at,
        ringing_at=event.at if event.type is EventType.RINGING else None,
        answered_at=event.at if event.type is EventType.ANSWERED else None,
        ended_at=event.at if event.type is EventType.ENDED else None,
        from_number=None if of_leg else event.from_number,
        to_number=None if of_leg else event.to_number,
        direction=event.direction,
        recording_url=event.recording_url,
        agent=event.agent,
        agent_at=event.at if event.agent else None,
        disposition=event.disposition,
        disposition_at=event.at if event.disposition else None,
    )


def join(one: Call, other: Call) -> Call:
    """What both tell together."""
    latest = max(one, other, key=_standing)
    agent, agent_at = _later((one.agent, one.agent_at), (other.agent, other.agent_at))
    disposition, disposition_at = _later(
        (one.disposition, one.disposition_at), (other.disposition, other.disposition_at)
    )
    return Call(
        status=latest.status,
        status_rank=latest.status_rank,
        status_at=latest.status_at,
        ringing_at=_least(one.ringing_at, other.ringing_at),
        answered_at=_least(one.answered_at, other.answered_at),
        ended_at=_least(one.ended_at, other.ended_at),
        from_number=_least(one.from_number, other.from_number),
        to_number=_least(one.to_number, other.to_number),
        direction=_least(one.direction, other.direction),
        recording_url=_least(one.recording_url, other.recording_url),
        agent=agent,
        agent_at=agent_at,
        disposition=disposition,
        disposition_at=disposition_at,
    )


def fold(events: Iterable[Event]) -> Call:
    """The call that these events make, at least one of them."""
    return reduce(join, map(call_of, events))


def _standing(call: Call) -> tuple[bool, datetime, int]:
    return call.status_rank == ENDED_RANK, call.status_at, call.status_rank


def _least(one: _T | None, other: _T | None) -> _T | None:
    known = [value for value in (one, other) if value is not None]
    return min(known, default=None)  # type: ignore[type-var]


def _later(
    one: tuple[str | None, datetime | None], other: tuple[str | None, datetime | None]
) -> tuple[str | None, datetime | None]:
    stamped = [(at, value) for value, at in (one, other) if at is not None and value is not None]
    at, value = max(stamped, default=(None, None))
    return value, at
