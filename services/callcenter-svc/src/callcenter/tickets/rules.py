"""What a ticket may become, and how urgent it is: pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Final

from callcenter.slas import rules as slas
from callcenter.slas.rules import Clock, Policy, Priority


class TicketType(StrEnum):
    INQUIRY = "inquiry"
    COMPLAINT = "complaint"
    RETURN = "return"
    REPAIR = "repair"
    COMPLIMENT = "compliment"
    LEAD = "lead"


class Status(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"


class Severity(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Tier(StrEnum):
    """Steps of the customer pyramid."""

    PLATINUM = "platinum"
    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"
    LEAD = "lead"


class Action(StrEnum):
    OPEN = "open"
    PEND = "pend"
    HOLD = "hold"
    SOLVE = "solve"
    CLOSE = "close"
    REOPEN = "reopen"
    ASSIGN = "assign"
    ESCALATE = "escalate"


UNFINISHED: Final = frozenset({Status.NEW, Status.OPEN, Status.PENDING, Status.ON_HOLD})
STOPPED: Final = frozenset({Status.PENDING, Status.SOLVED, Status.CLOSED})

_MOVES: Final = {
    Action.OPEN: (frozenset({Status.NEW, Status.PENDING, Status.ON_HOLD}), Status.OPEN),
    Action.PEND: (frozenset({Status.NEW, Status.OPEN, Status.ON_HOLD}), Status.PENDING),
    Action.HOLD: (frozenset({Status.NEW, Status.OPEN, Status.PENDING}), Status.ON_HOLD),
    Action.SOLVE: (UNFINISHED, Status.SOLVED),
    Action.CLOSE: (frozenset({Status.SOLVED}), Status.CLOSED),
    Action.REOPEN: (frozenset({Status.SOLVED, Status.CLOSED}), Status.OPEN),
}

_URGENCY_OF_TYPE: Final = {TicketType.COMPLAINT: 2, TicketType.COMPLIMENT: 0}
_URGENCY_OF_SEVERITY: Final = {Severity.LOW: -1, Severity.HIGH: 1, Severity.CRITICAL: 2}
_URGENCY_OF_TIER: Final = {Tier.PLATINUM: 1, Tier.GOLD: 1}


@dataclass(frozen=True, slots=True)
class Standing:
    """The part of a ticket that its rules move."""

    status: Status
    priority: Priority
    clock: Clock


def columns(standing: Standing) -> dict[str, Any]:
    """A standing as the columns that hold it."""
    clock = standing.clock
    return {
        "status": standing.status,
        "priority": standing.priority,
        "first_response_due_at": clock.first_response_due_at,
        "resolution_due_at": clock.resolution_due_at,
        "first_responded_at": clock.first_responded_at,
        "stopped_at": clock.stopped_at,
    }


def next_status(status: Status, action: Action) -> Status | None:
    """The status `action` leads to, or None where it is not allowed."""
    if action in _MOVES:
        allowed, to = _MOVES[action]
        return to if status in allowed else None
    if status not in UNFINISHED:
        return None
    return Status.OPEN if status is Status.NEW and action is Action.ASSIGN else status


def allowed_actions(status: Status) -> tuple[Action, ...]:
    """What may be done with a ticket in this status."""
    return tuple(action for action in Action if next_status(status, action) is not None)


def priority_of(type_: TicketType, severity: Severity | None, tier: Tier | None) -> Priority:
    """Normal for most; a complaint, a grave case and a customer of the two upper tiers each raise it."""
    urgency = _URGENCY_OF_TYPE.get(type_, 1)
    urgency += _URGENCY_OF_SEVERITY.get(severity, 0) if severity else 0
    urgency += _URGENCY_OF_TIER.get(tier, 0) if tier else 0
    levels = list(Priority)
    return levels[min(max(urgency, 0), len(levels) - 1)]


def act(standing: Standing, action: Action, policy: Policy, now: datetime) -> Standing | None:
    """The standing after `action`, or None where it is not allowed. Solving counts as an answer."""
    to = next_status(standing.status, action)
    if to is None:
        return None
    moved = move(standing, to, policy, now)
    if action is Action.SOLVE:
        return Standing(moved.status, moved.priority, slas.respond(moved.clock, now, policy.calendar))
    if action is Action.ESCALATE:
        return reprioritise(moved, _raised(moved.priority), policy, now)
    return moved


def reply(standing: Standing, policy: Policy, now: datetime, *, by_customer: bool) -> Standing:
    """The standing after a public reply: a customer's reopens, an agent's first one answers."""
    if by_customer:
        return standing if standing.status is Status.NEW else move(standing, Status.OPEN, policy, now)
    moved = move(standing, Status.OPEN, policy, now) if standing.status is Status.NEW else standing
    return Standing(moved.status, moved.priority, slas.respond(moved.clock, now, policy.calendar))


def move(standing: Standing, to: Status, policy: Policy, now: datetime) -> Standing:
    """The standing in status `to`, its clock stopped or running as that status wants."""
    clock = slas.stop(standing.clock, now) if to in STOPPED else slas.resume(standing.clock, now, policy.calendar)
    return Standing(to, standing.priority, clock)


def reprioritise(standing: Standing, priority: Priority, policy: Policy, now: datetime) -> Standing:
    """The standing under another priority."""
    clock = slas.retarget(standing.clock, standing.priority, priority, policy, now)
    return Standing(standing.status, priority, clock)


def recognise(
    standing: Standing, type_: TicketType, severity: Severity | None, tier: Tier | None, policy: Policy, now: datetime
) -> Standing:
    """The standing of an unfinished ticket once its customer, and so the tier, is known."""
    if standing.status not in UNFINISHED:
        return standing
    return reprioritise(standing, priority_of(type_, severity, tier), policy, now)


def _raised(priority: Priority) -> Priority:
    levels = list(Priority)
    return levels[min(priority.rank + 1, len(levels) - 1)]


def opening(
    type_: TicketType, severity: Severity | None, given: Priority | None, policy: Policy, now: datetime
) -> dict[Tier | None, Standing]:
    """The standing of a new ticket for a customer of each tier, and of none."""
    priorities = dict.fromkeys((*Tier, None), given) if given else _priorities(type_, severity)
    standings = {one: Standing(Status.NEW, one, slas.start(now, one, policy)) for one in set(priorities.values())}
    return {tier: standings[priority] for tier, priority in priorities.items()}


@cache
def _priorities(type_: TicketType, severity: Severity | None) -> dict[Tier | None, Priority]:
    return {tier: priority_of(type_, severity, tier) for tier in (*Tier, None)}
