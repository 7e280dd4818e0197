"""How events of the telephone system make a call: a pure fold that no order and no repetition of events can change."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeVar

from crmkit.data.contact_points import e164


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
    """What happened to one call at one instant; without a type, what an agent noted of it."""

    type: EventType | None
    at: datetime
    from_number: str | None = None
    to_number: str | None = None
    direction: Direction | None = None
    agent: str | None = None
    recording_url: str | None = None
    disposition: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call as far as it is known."""

    status: EventType
    direction: Direction | None
    from_number: str | None
    to_number: str | None
    agent: str | None
    disposition: str | None
    recording_url: str | None
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None


_T = TypeVar("_T")
_RANKS: Final = {type_: rank for rank, type_ in enumerate((*EventType, None))}


def fold(events: Iterable[Event]) -> Call:
    """The call that these events make: the earliest numbers and direction, the latest state, the longest end.

    An ended call stays ended. The numbers of a transfer are the new leg's, not the call's.
    """
    told = sorted(set(events), key=_order)
    latest = told[::-1]
    of_call = [event for event in told if event.type is not EventType.TRANSFERRED]
    ended_at = _first(event.at for event in latest if event.type is EventType.ENDED)
    status = EventType.ENDED if ended_at else _first(event.type for event in latest)
    assert status is not None, "a note is of a call that was told of"
    return Call(
        status=status,
        direction=_first(event.direction for event in told),
        from_number=_first(event.from_number for event in of_call),
        to_number=_first(event.to_number for event in of_call),
        agent=_first(event.agent for event in latest),
        disposition=_first(event.disposition for event in latest),
        recording_url=_first(event.recording_url for event in latest),
        ringing_at=_first(event.at for event in told if event.type is EventType.RINGING),
        answered_at=_first(event.at for event in told if event.type is EventType.ANSWERED),
        ended_at=ended_at,
    )


def read_number(given: str | None, region: str) -> str | None:
    """The number in E.164; one that is internal, withheld or unreadable as it came."""
    if not given or given.startswith("*") or not given.strip("0"):
        return given
    return e164(given, region) or given


def handle_number(call: Call, region: str) -> str | None:
    """The number of whom we speak with, where it is one by which a customer can be known."""
    number = call.to_number if call.direction is Direction.OUTBOUND else call.from_number
    return number if number and number.startswith("+") and e164(number, region) == number else None


def _order(event: Event) -> tuple[datetime, int, str]:
    """By instant, then as a call goes on; what is left equal is told apart by its text."""
    return event.at, _RANKS[event.type], repr(event)


def _first(values: Iterable[_T | None]) -> _T | None:
    return next((value for value in values if value is not None), None)
