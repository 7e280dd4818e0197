"""What is down is missed, nothing else is; it comes back by itself and catches up."""

import signal
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest

from deploy.local.platform import Platform
from tests.story import Story, phone
from tests.waiting import caught_up, eventually

# The parts of the 360 view that each service gives, and a path of its own.
GIVES = {
    "customer-svc": ({"profile", "timeline"}, "/v1/customers"),
    "segment-svc": ({"scores"}, "/v1/scoring-runs"),
    "campaign-svc": ({"shopping_list", "coupons"}, "/v1/offers"),
    "callcenter-svc": ({"open_tickets"}, "/v1/tickets"),
}


@pytest.fixture
def stopped(platform: Platform) -> Iterator[Callable[[str], None]]:
    """Stops a process in the middle of whatever it does, without its end being noticed; afterwards kills it."""
    pids: list[int] = []

    def stop(process: str) -> None:
        pids.append(platform.processes[process])
        platform.kill(process, signal.SIGSTOP)

    yield stop
    for process, pid in platform.processes.items():
        if pid in pids:
            platform.kill(process)


@pytest.mark.parametrize("service", GIVES)
def test_a_dead_service_is_missed_and_nothing_else(
    admin: httpx.Client, platform: Platform, story: Story, service: str
) -> None:
    view = f"/v1/customers/{story.ids['customer']}/360"
    eventually(lambda: not admin.get(view).json()["unavailable"])
    parts, own = GIVES[service]
    platform.kill(service)
    seen = admin.get(view).json()
    refused = admin.get(own)
    others = [admin.get(path).status_code for name, (_, path) in GIVES.items() if name != service]
    assert {each["part"]: each["reason"] for each in seen["unavailable"]} == dict.fromkeys(parts, "service_unavailable")
    assert all(seen[part] is None for part in parts)
    assert all(seen[part] is not None for given, _ in GIVES.values() for part in given - parts)
    assert (refused.status_code, refused.json()["code"]) == (503, "service_unavailable")
    assert int(refused.headers["retry-after"]) > 0
    assert others == [200] * 3
    eventually(lambda: admin.get(own).status_code == 200)
    assert eventually(lambda: not admin.get(view).json()["unavailable"])


def test_a_consumer_that_was_down_catches_up(
    admin: httpx.Client, platform: Platform, story: Story, stopped: Callable[[str], None]
) -> None:
    caught_up(admin, "customer", "callcenter")
    stopped("callcenter-worker")
    phones = [phone() for _ in range(20)]
    made = [story.post("/v1/customers", {"name": "Missed", "phones": [number]})["id"] for number in phones]
    assert eventually(lambda: _lag(admin, "callcenter") >= len(made))
    assert admin.get("/v1/screen-pop", params={"phone": phones[0]}).json()["matches"] == []
    platform.kill("callcenter-worker")
    caught_up(admin, "customer", "callcenter")
    for number, customer in zip(phones, made, strict=True):
        assert customer in _callers(admin, number)


def test_an_event_that_cannot_be_applied_waits_apart_and_is_replayed(
    admin: httpx.Client, superuser: psycopg.Connection, story: Story
) -> None:
    table, phones = "alter table callcenter.customers", (phone(), phone())
    superuser.execute(f"{table} add constraint no_poison check (name not like 'Poison%')")
    try:
        poison = story.post("/v1/customers", {"name": "Poison", "phones": [phones[0]]})["id"]
        caught_up(admin, "customer", "callcenter")
        story.patch(f"/v1/customers/{poison}", {"name": "Antidote"})
        sound = story.post("/v1/customers", {"name": "Sound", "phones": [phones[1]]})["id"]
        caught_up(admin, "customer", "callcenter")
        assert eventually(lambda: sound in _callers(admin, phones[1]))
        assert _callers(admin, phones[0]) == []
        assert [event["attempts"] for event in _parked(admin)] == [5, 0]
        assert "no_poison" in _parked(admin)[0]["error"]
        assert _replay(admin) == 2
        assert eventually(lambda: [event["attempts"] for event in _parked(admin)] == [6, 0])
    finally:
        superuser.execute(f"{table} drop constraint no_poison")
    assert _replay(admin) == 2
    assert eventually(lambda: not _parked(admin))
    (match,) = admin.get("/v1/screen-pop", params={"phone": phones[0]}).json()["matches"]
    assert (match["customer_id"], match["name"]) == (poison, "Antidote")


def _parked(client: httpx.Client) -> list[dict[str, Any]]:
    parked: list[dict[str, Any]] = client.get("/v1/feeds/callcenter/parked").json()["data"]
    return parked


def _replay(client: httpx.Client) -> int:
    return int(client.post("/v1/feeds/callcenter/parked/replay").raise_for_status().json()["parked"])


def _callers(client: httpx.Client, number: str) -> list[str]:
    return [match["customer_id"] for match in client.get("/v1/screen-pop", params={"phone": number}).json()["matches"]]


def _lag(client: httpx.Client, consumer: str) -> int:
    readers = client.get("/v1/feeds/customer/consumers").json()["data"]
    return next(reader["lag"] for reader in readers if reader["name"] == consumer)
