from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls import rules
from callcenter.calls.rules import Direction, Event, EventType

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


EVENTS = st.builds(
    Event,
    type=st.sampled_from(EventType),
    at=st.integers(0, 5).map(at),
    from_number=st.sampled_from([None, "+14155550001", "+14155550002"]),
    to_number=st.sampled_from([None, "+14155559999"]),
    direction=st.sampled_from([None, *Direction]),
    agent=st.sampled_from([None, "ana", "ben"]),
    recording_url=st.sampled_from([None, "https://pbx.example/1.wav"]),
    disposition=st.sampled_from([None, "resolved", "voicemail"]),
)


@given(st.lists(EVENTS, min_size=1, max_size=8), st.data())
def test_no_order_and_no_repetition_changes_the_call(events: list[Event], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(events))
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=4))
    assert rules.fold([*shuffled, *repeated]) == rules.fold(events)


def test_a_call_goes_through_its_life() -> None:
    ringing = Event(EventType.RINGING, at(0), "+14155550001", "+14155559999", Direction.INBOUND)
    answered = Event(EventType.ANSWERED, at(4), agent="ana")
    held = Event(EventType.HELD, at(60), agent="ana")
    back = Event(EventType.ANSWERED, at(90), agent="ana")
    transferred = Event(EventType.TRANSFERRED, at(100), from_number="+14155559999", to_number="104", agent="ben")
    ended = Event(EventType.ENDED, at(200), recording_url="https://pbx.example/1.wav", disposition="resolved")
    call = rules.fold([ended, transferred, back, held, answered, ringing])
    assert (call.ringing_at, call.answered_at, call.ended_at) == (at(0), at(4), at(200))
    assert (call.from_number, call.to_number) == ("+14155550001", "+14155559999")
    assert (call.status, call.agent, call.disposition) == (EventType.ENDED, "ben", "resolved")
    assert rules.fold([ringing, answered, held, back]).status is EventType.ANSWERED


def test_an_ended_call_stays_ended() -> None:
    late = rules.fold([Event(EventType.ENDED, at(1)), Event(EventType.HELD, at(2))])
    assert (late.status, late.ended_at) == (EventType.ENDED, at(1))


def test_the_earliest_numbers_the_latest_agent_and_the_longest_end_count() -> None:
    events = [
        Event(EventType.ENDED, at(9), agent="ben"),
        Event(EventType.ENDED, at(12)),
        Event(EventType.ANSWERED, at(1), from_number="+12025550100", direction=Direction.OUTBOUND),
        Event(EventType.RINGING, at(0), from_number="+12137770622", direction=Direction.INBOUND),
        Event(EventType.ANSWERED, at(2), agent="ana"),
    ]
    call = rules.fold(events)
    assert (call.from_number, call.direction) == ("+12137770622", Direction.INBOUND)
    assert (call.agent, call.ended_at) == ("ben", at(12))


@pytest.mark.parametrize(
    ("number", "read", "handle"),
    [
        ("(415) 555-0100", "+14155550100", "+14155550100"),
        ("104", "104", None),
        ("*67", "*67", None),
        ("0000", "0000", None),
        ("anonymous", "anonymous", None),
        ("+1", "+1", None),
        (None, None, None),
    ],
)
def test_only_a_number_in_e164_is_a_handle(number: str | None, read: str | None, handle: str | None) -> None:
    assert rules.read_number(number, "US") == read
    call = rules.fold([Event(EventType.RINGING, at(0), read)])
    assert rules.handle_number(call, "US") == handle
