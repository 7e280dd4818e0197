"""The parts of the 360 view."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from crmkit.problems import Invalid
from gateway.customer_view import parts
from gateway.customer_view.parts import OTHERS, PROFILE, Reason
from gateway.routing import Table

TICKETS = next(part for part in OTHERS if part.name == "open_tickets")


def test_every_part_has_a_service() -> None:
    paths = [parts.target(part, "1").partition("?")[0] for part in (PROFILE, *OTHERS)]
    assert all(Table().match(path.encode()) for path in paths)


def test_done_tickets_are_left_out() -> None:
    rows = [{"number": "1", "status": "open"}, {"number": "2", "status": "closed"}, {"number": "3", "status": "new"}]
    answer = parts.of_response(TICKETS, 200, json.dumps({"data": rows, "next_cursor": None}).encode())
    assert [json.loads(bytes(row))["number"] for row in answer.content] == ["1", "3"]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, None), (403, Reason.FORBIDDEN), (503, Reason.SERVICE_UNAVAILABLE), (429, Reason.ERROR), (500, Reason.ERROR)],
)
def test_why_a_part_is_missing(status: int, reason: Reason | None) -> None:
    answer = parts.of_response(TICKETS, status, b"{}")
    assert (answer.content, answer.reason) == (None, reason)


def test_an_answer_that_is_no_page_is_an_error() -> None:
    with pytest.raises(msgspec.DecodeError):
        parts.of_response(TICKETS, 200, b"[]")


def test_external_ids_stay_one_segment() -> None:
    assert parts.target(PROFILE, "ext:tcj:1/../2") == "/v1/customers/ext:tcj:1%2F..%2F2"


def test_the_newest_coupons_that_are_still_valid_are_shown() -> None:
    coupons = next(part for part in OTHERS if part.name == "coupons")
    asked = parse_qs(urlsplit(parts.target(coupons, "1")).query)
    assert (asked["status"], asked["sort"]) == (["issued"], ["-id"])
    assert abs(datetime.fromisoformat(asked["valid_until_gte"][0]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_ids() -> None:
    assert parts.is_external("ext:tcj:1")
    assert not parts.is_external("01890000-0000-7000-8000-00000000000a")
    with pytest.raises(Invalid):
        parts.is_external("abc")
