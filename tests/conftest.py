"""One platform of real processes for all tests here that only use it; those that break one start their own."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local import platform as local
from deploy.local.platform import Platform
from tests.story import Story, play

# A running platform's data folder, to look at tests again and again without starting one.
RUNNING = os.environ.get("PERENNIAL_TEST_DATA")

Login = Callable[..., httpx.Client]


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """The platform that the tests share."""
    running = local.running(Path(RUNNING)) if RUNNING else None
    if running:
        yield running
    else:
        with local.start() as started:
            yield started


@pytest.fixture(scope="session")
def admin(platform: Platform) -> Iterator[httpx.Client]:
    """An admin's client of the gateway."""
    with _client(platform, platform.admin_key) as client:
        yield client


@pytest.fixture(scope="session")
def login(platform: Platform, admin: httpx.Client) -> Iterator[Login]:
    """Makes a client of the gateway with just these scopes: `login("customers:read", requests_per_minute=5)`."""
    made: list[httpx.Client] = []

    def make(*scopes: str, requests_per_minute: int = 100_000) -> httpx.Client:
        wanted = {"name": f"test-{os.urandom(4).hex()}", "scopes": scopes, "requests_per_minute": requests_per_minute}
        created = admin.post("/v1/clients", json=wanted).raise_for_status().json()
        made.append(_client(platform, created["key"]))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def story(admin: httpx.Client) -> Story:
    """A little of everything has happened on the platform."""
    return play(admin)


def _client(platform: Platform, key: str) -> httpx.Client:
    return httpx.Client(base_url=platform.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)
