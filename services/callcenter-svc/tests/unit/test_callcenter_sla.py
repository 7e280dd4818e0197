from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.slas import rules
from callcenter.slas.rules import Calendar, Clock, Hours, Policy, Priority, Target

NEW_YORK = ZoneInfo("America/New_York")
ROUND_THE_CLOCK = Calendar(NEW_YORK)
NINE_TO_FIVE = Hours(540, 1020)
OFFICE = Calendar(NEW_YORK, (NINE_TO_FIVE,) * 5 + (None, None), frozenset({date(2026, 7, 3)}))
ALL_DAY = Calendar(NEW_YORK, (Hours(0, 1440),) * 7)
HOUR = timedelta(hours=1)


def local(day: str, clock: str = "00:00") -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=NEW_YORK).astimezone(UTC)


def policy(calendar: Calendar) -> Policy:
    hours = {Priority.LOW: (8, 40), Priority.NORMAL: (4, 16), Priority.HIGH: (2, 8), Priority.URGENT: (1, 4)}
    return Policy(calendar, {p: Target(first * HOUR, whole * HOUR) for p, (first, whole) in hours.items()})


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        (local("2026-06-01", "10:00"), 2, local("2026-06-01", "12:00")),
        (local("2026-06-01", "16:00"), 2, local("2026-06-02", "10:00")),
        (local("2026-06-01", "07:00"), 1, local("2026-06-01", "10:00")),
        (local("2026-06-05", "16:30"), 1, local("2026-06-08", "09:30")),
        (local("2026-06-01", "09:00"), 8, local("2026-06-01", "17:00")),
        (local("2026-07-02", "16:00"), 2, local("2026-07-06", "10:00")),
    ],
    ids=["inside", "over night", "before opening", "over the weekend", "to closing", "over a holiday"],
)
def test_business_time_passes_only_while_the_desk_is_open(start: datetime, hours: int, due: datetime) -> None:
    assert rules.add(start, hours * HOUR, OFFICE) == due
    assert rules.between(start, due, OFFICE) == hours * HOUR


@pytest.mark.parametrize(("day", "hours"), [("2026-03-08", 23), ("2026-11-01", 25), ("2026-06-01", 24)])
def test_a_day_of_a_clock_change_is_an_hour_shorter_or_longer(day: str, hours: int) -> None:
    midnight = local(day)
    next_midnight = local((date.fromisoformat(day) + timedelta(days=1)).isoformat())
    assert rules.between(midnight, next_midnight, ALL_DAY) == hours * HOUR
    assert rules.add(midnight, hours * HOUR, ALL_DAY) == next_midnight


def test_an_hour_that_the_clock_skips_is_no_business_time() -> None:
    night = Calendar(NEW_YORK, (Hours(120, 180),) * 7)
    assert rules.add(local("2026-03-07", "02:30"), HOUR, night) == local("2026-03-09", "02:30")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.integers(1, 6_000),
    st.sampled_from([OFFICE, ALL_DAY, ROUND_THE_CLOCK]),
)
def test_adding_and_measuring_agree(start: datetime, minutes: int, calendar: Calendar) -> None:
    duration = timedelta(minutes=minutes)
    assert rules.between(start, rules.add(start, duration, calendar), calendar) == duration


def test_nothing_lies_between_an_instant_and_an_earlier_one() -> None:
    assert rules.between(local("2026-06-02"), local("2026-06-01"), OFFICE) == timedelta(0)


def test_a_pause_gives_back_the_business_time_it_took() -> None:
    created = local("2026-06-01", "10:00")
    clock = rules.start(created, Priority.HIGH, policy(OFFICE))
    stopped = rules.stop(clock, local("2026-06-01", "11:00"))
    resumed = rules.resume(stopped, local("2026-06-03", "09:00"), OFFICE)
    assert resumed.stopped_at is None
    assert resumed.first_response_due_at == local("2026-06-03", "10:00")
    assert resumed.resolution_due_at == local("2026-06-03", "16:00")


def test_a_promise_broken_before_the_pause_stays_broken() -> None:
    clock = Clock(local("2026-06-01", "10:00"), local("2026-06-01", "12:00"))
    resumed = rules.resume(rules.stop(clock, local("2026-06-01", "11:00")), local("2026-06-02", "09:00"), OFFICE)
    assert resumed.first_response_due_at == local("2026-06-01", "10:00")
    assert resumed.resolution_due_at == local("2026-06-02", "10:00")


def test_only_the_first_response_counts() -> None:
    clock = rules.start(local("2026-06-01", "10:00"), Priority.LOW, policy(OFFICE))
    first = rules.respond(clock, local("2026-06-01", "11:00"), OFFICE)
    assert rules.respond(first, local("2026-06-01", "12:00"), OFFICE) == first


def test_an_answer_during_a_pause_is_not_made_late_by_it() -> None:
    clock = rules.start(local("2026-06-01", "10:00"), Priority.HIGH, policy(OFFICE))
    stopped = rules.stop(clock, local("2026-06-01", "11:00"))
    answered = rules.respond(stopped, local("2026-06-03", "09:00"), OFFICE)
    assert answered.first_response_due_at == local("2026-06-03", "10:00")
    resumed = rules.resume(answered, local("2026-06-04", "09:00"), OFFICE)
    assert resumed.first_response_due_at == local("2026-06-03", "10:00")
    assert resumed.resolution_due_at == local("2026-06-04", "16:00")


def test_an_answer_during_a_pause_mends_no_promise_broken_before() -> None:
    clock = Clock(local("2026-06-01", "10:00"), local("2026-06-01", "12:00"))
    stopped = rules.stop(clock, local("2026-06-01", "11:00"))
    assert rules.respond(stopped, local("2026-06-02", "09:00"), OFFICE).first_response_due_at == local(
        "2026-06-01", "10:00"
    )


def test_raising_the_priority_never_gives_more_time_and_lowering_never_less() -> None:
    promise = policy(ROUND_THE_CLOCK)
    clock = rules.start(local("2026-06-01", "10:00"), Priority.NORMAL, promise)
    raised_at_once = rules.retarget(clock, Priority.NORMAL, Priority.URGENT, promise, local("2026-06-01", "10:00"))
    raised_late = rules.retarget(clock, Priority.NORMAL, Priority.URGENT, promise, local("2026-06-02", "01:00"))
    lowered = rules.retarget(clock, Priority.NORMAL, Priority.LOW, promise, local("2026-06-01", "10:30"))
    assert raised_at_once.resolution_due_at == local("2026-06-01", "14:00")
    assert raised_late.resolution_due_at == clock.resolution_due_at
    assert lowered.resolution_due_at == local("2026-06-03", "02:30")
