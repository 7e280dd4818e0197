"""Service levels in business time: pure arithmetic on instants, a calendar and a policy."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


class Priority(StrEnum):
    """How soon a ticket wants an answer, least urgent first."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"

    @property
    def rank(self) -> int:
        return list(Priority).index(self)


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours of a day, in minutes of the local clock; `closes` is at most 1,440."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the desk works: `week` has seven days, Monday first, None where closed; no week means round the clock."""

    zone: ZoneInfo
    week: tuple[Hours | None, ...] | None = None
    holidays: Container[date] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Target:
    first_response: timedelta
    resolution: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    """The promise: one target per priority, in the business time of a calendar."""

    calendar: Calendar
    targets: Mapping[Priority, Target]


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a ticket stands against its promise; `stopped_at` is set while it waits for the customer or is solved."""

    first_response_due_at: datetime
    resolution_due_at: datetime
    first_responded_at: datetime | None = None
    stopped_at: datetime | None = None


def add(start: datetime, duration: timedelta, calendar: Calendar) -> datetime:
    """The instant at which `duration` of business time has passed since `start`."""
    if calendar.week is None:
        return start + duration
    left = duration
    for opens, closes in _openings(start, calendar):
        if left <= closes - opens:
            return opens + left
        left -= closes - opens
    raise AssertionError("openings never end")


def between(start: datetime, end: datetime, calendar: Calendar) -> timedelta:
    """The business time from `start` to `end`; nothing when `end` is not after `start`."""
    if end <= start:
        return timedelta(0)
    if calendar.week is None:
        return end - start
    passed = timedelta(0)
    for opens, closes in _openings(start, calendar):
        if opens >= end:
            break
        passed += min(closes, end) - opens
    return passed


def start(created_at: datetime, priority: Priority, policy: Policy) -> Clock:
    """The clock of a new ticket."""
    target = policy.targets[priority]
    return Clock(
        add(created_at, target.first_response, policy.calendar),
        add(created_at, target.resolution, policy.calendar),
    )


def stop(clock: Clock, now: datetime) -> Clock:
    """Stop the clock, if it runs."""
    return clock if clock.stopped_at else replace(clock, stopped_at=now)


def resume(clock: Clock, now: datetime, calendar: Calendar) -> Clock:
    """Let the clock run again: what was left of each promise when it stopped is left from now on."""
    first = clock.first_response_due_at
    return Clock(
        first if clock.first_responded_at else _moved(first, clock, now, calendar),
        _moved(clock.resolution_due_at, clock, now, calendar),
        clock.first_responded_at,
    )


def respond(clock: Clock, now: datetime, calendar: Calendar) -> Clock:
    """Note the first answer the customer gets, which no pause made late; later ones change nothing."""
    if clock.first_responded_at:
        return clock
    due_at = _moved(clock.first_response_due_at, clock, now, calendar)
    return replace(clock, first_response_due_at=due_at, first_responded_at=now)


def _moved(due_at: datetime, clock: Clock, now: datetime, calendar: Calendar) -> datetime:
    """When what was left of a promise as the clock stopped has passed from now on; none is mended by stopping."""
    stopped_at = clock.stopped_at
    if stopped_at is None or due_at <= stopped_at:
        return due_at
    return add(now, between(stopped_at, due_at, calendar), calendar)


def retarget(clock: Clock, old: Priority, new: Priority, policy: Policy, now: datetime) -> Clock:
    """The clock under another priority: promises start anew; raising never gives more time, lowering never less."""
    if new is old:
        return clock
    fresh = start(clock.stopped_at or now, new, policy)
    choose = min if new.rank > old.rank else max
    first = clock.first_response_due_at
    return replace(
        clock,
        first_response_due_at=first if clock.first_responded_at else choose(first, fresh.first_response_due_at),
        resolution_due_at=choose(clock.resolution_due_at, fresh.resolution_due_at),
    )


def _openings(start: datetime, calendar: Calendar) -> Iterator[tuple[datetime, datetime]]:
    """Every opening from `start` on, as UTC instants: a day with a clock change is an hour shorter or longer."""
    assert calendar.week is not None
    assert any(calendar.week), "a calendar opens at least once a week"
    day = start.astimezone(calendar.zone).date()
    while True:
        hours = calendar.week[day.weekday()]
        if hours is not None and day not in calendar.holidays:
            opens = max(start, _instant(day, hours.opens, calendar.zone))
            closes = _instant(day, hours.closes, calendar.zone)
            if opens < closes:
                yield opens, closes
        day += _DAY


def _instant(day: date, minute: int, zone: ZoneInfo) -> datetime:
    local = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    return local.replace(tzinfo=zone).astimezone(UTC)
