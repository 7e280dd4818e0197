from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.slas import rules as slas
from callcenter.slas.rules import Calendar, Policy, Priority, Target
from callcenter.tickets import rules
from callcenter.tickets.rules import Action, Severity, Standing, Status, TicketType, Tier

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = Policy(Calendar(ZoneInfo("UTC")), {p: Target((4 - p.rank) * HOUR, (8 - p.rank) * HOUR) for p in Priority})

ALLOWED = {
    Status.NEW: {Action.OPEN, Action.PEND, Action.HOLD, Action.SOLVE, Action.ASSIGN, Action.ESCALATE},
    Status.OPEN: {Action.PEND, Action.HOLD, Action.SOLVE, Action.ASSIGN, Action.ESCALATE},
    Status.PENDING: {Action.OPEN, Action.HOLD, Action.SOLVE, Action.ASSIGN, Action.ESCALATE},
    Status.ON_HOLD: {Action.OPEN, Action.PEND, Action.SOLVE, Action.ASSIGN, Action.ESCALATE},
    Status.SOLVED: {Action.CLOSE, Action.REOPEN},
    Status.CLOSED: {Action.REOPEN},
}


def standing(status: Status, priority: Priority = Priority.NORMAL) -> Standing:
    return rules.move(Standing(Status.NEW, priority, slas.start(NOW, priority, POLICY)), status, POLICY, NOW)


@pytest.mark.parametrize("status", list(Status))
def test_each_status_allows_its_own_actions(status: Status) -> None:
    assert set(rules.allowed_actions(status)) == ALLOWED[status]


@pytest.mark.parametrize(("action", "to"), [(Action.PEND, Status.PENDING), (Action.SOLVE, Status.SOLVED)])
def test_waiting_for_the_customer_and_solving_stop_the_clock(action: Action, to: Status) -> None:
    after = rules.act(standing(Status.OPEN), action, POLICY, NOW + HOUR)
    assert after is not None
    assert (after.status, after.clock.stopped_at) == (to, NOW + HOUR)


def test_an_action_out_of_place_changes_nothing() -> None:
    assert rules.act(standing(Status.CLOSED), Action.SOLVE, POLICY, NOW) is None


def test_solving_counts_as_an_answer() -> None:
    after = rules.act(standing(Status.NEW), Action.SOLVE, POLICY, NOW + HOUR)
    assert after is not None
    assert after.clock.first_responded_at == NOW + HOUR


def test_assigning_a_new_ticket_opens_it() -> None:
    assert rules.next_status(Status.NEW, Action.ASSIGN) is Status.OPEN
    assert rules.next_status(Status.PENDING, Action.ASSIGN) is Status.PENDING


def test_escalating_raises_the_priority_and_shortens_the_promise() -> None:
    before = standing(Status.OPEN)
    after = rules.act(before, Action.ESCALATE, POLICY, NOW)
    assert after is not None
    assert after.priority is Priority.HIGH
    assert after.clock.resolution_due_at < before.clock.resolution_due_at
    highest = rules.act(standing(Status.OPEN, Priority.URGENT), Action.ESCALATE, POLICY, NOW)
    assert highest is not None
    assert highest.priority is Priority.URGENT


@pytest.mark.parametrize("status", [Status.PENDING, Status.ON_HOLD, Status.SOLVED, Status.CLOSED])
def test_a_customers_reply_reopens(status: Status) -> None:
    after = rules.reply(standing(status), POLICY, NOW + HOUR, by_customer=True)
    assert after.status is Status.OPEN
    assert after.clock.stopped_at is None
    assert after.clock.first_responded_at is None


def test_a_customers_reply_to_a_new_ticket_leaves_it_new() -> None:
    assert rules.reply(standing(Status.NEW), POLICY, NOW, by_customer=True).status is Status.NEW


def test_an_agents_first_reply_answers_and_leaves_a_waiting_ticket_waiting() -> None:
    opened = rules.reply(standing(Status.NEW), POLICY, NOW + HOUR, by_customer=False)
    assert (opened.status, opened.clock.first_responded_at) == (Status.OPEN, NOW + HOUR)
    assert rules.reply(standing(Status.PENDING), POLICY, NOW, by_customer=False).status is Status.PENDING


def test_an_answer_or_a_solution_after_a_long_pause_keeps_the_promise() -> None:
    pended = rules.act(standing(Status.NEW), Action.PEND, POLICY, NOW + HOUR)
    assert pended is not None
    late = pended.clock.first_response_due_at + 5 * HOUR
    solved = rules.act(pended, Action.SOLVE, POLICY, late)
    assert solved is not None
    for after in (rules.reply(pended, POLICY, late, by_customer=False), solved):
        assert after.clock.first_responded_at == late
        assert after.clock.first_response_due_at > late


@pytest.mark.parametrize(
    ("type_", "severity", "tier", "priority"),
    [
        (TicketType.INQUIRY, None, None, Priority.NORMAL),
        (TicketType.INQUIRY, None, Tier.GOLD, Priority.HIGH),
        (TicketType.INQUIRY, None, Tier.LEAD, Priority.NORMAL),
        (TicketType.COMPLIMENT, None, None, Priority.LOW),
        (TicketType.COMPLIMENT, Severity.LOW, None, Priority.LOW),
        (TicketType.COMPLAINT, None, None, Priority.HIGH),
        (TicketType.COMPLAINT, Severity.LOW, None, Priority.NORMAL),
        (TicketType.COMPLAINT, Severity.MEDIUM, Tier.PLATINUM, Priority.URGENT),
        (TicketType.COMPLAINT, Severity.CRITICAL, Tier.PLATINUM, Priority.URGENT),
        (TicketType.REPAIR, Severity.CRITICAL, None, Priority.URGENT),
    ],
)
def test_priority_follows_type_severity_and_tier(
    type_: TicketType, severity: Severity | None, tier: Tier | None, priority: Priority
) -> None:
    assert rules.priority_of(type_, severity, tier) is priority
