"""Waiting for what another process does: on a condition, never for a time."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx

T = TypeVar("T")

ENDED = frozenset({"succeeded", "failed", "cancelled"})


def eventually(found: Callable[[], T], within_s: float = 60) -> T:
    """What `found` gives as soon as that is true; an assertion error with its last word when it never is."""
    deadline = time.monotonic() + within_s
    while not (result := found()):
        assert time.monotonic() < deadline, f"still {result!r} after {within_s} s"
        time.sleep(0.05)
    return result


def job_of(client: httpx.Client, accepted: httpx.Response, within_s: float = 60) -> dict[str, Any]:
    """The job of a 202, once it has ended."""
    assert accepted.status_code == 202, accepted.text

    def ended() -> dict[str, Any] | None:
        job: dict[str, Any] = client.get(accepted.headers["location"]).json()
        return job if job["status"] in ENDED else None

    job = eventually(ended, within_s)
    assert job is not None
    assert job["status"] == "succeeded", job
    return job


def caught_up(client: httpx.Client, feed: str, consumer: str, within_s: float = 60) -> None:
    """Wait until a consumer has read everything that is in the feed now."""
    head = eventually(lambda: _settled(client, feed), within_s)

    def reached() -> bool:
        readers = client.get(f"/v1/feeds/{feed}/consumers").json()["data"]
        return any(reader["name"] == consumer and reader["position"] >= head["position"] for reader in readers)

    eventually(reached, within_s)


def _settled(client: httpx.Client, feed: str) -> dict[str, Any] | None:
    head: dict[str, Any] = client.get(f"/v1/feeds/{feed}/head").raise_for_status().json()
    return head if not head["unsequenced"] else None
