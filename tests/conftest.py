"""One deployment for all tests here that only use it; those that break one start a platform of their own."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from deploy.local import platform as local
from deploy.local.platform import Platform
from tests.story import Story, play

# A deployment that runs already: its gateway, and the file of an admin's key. Tests that only use one use it.
URL, KEY_FILE = os.environ.get("PERENNIAL_TEST_URL"), os.environ.get("PERENNIAL_TEST_KEY_FILE")

Login = Callable[..., httpx.Client]


@dataclass(frozen=True)
class Door:
    """The gateway of a deployment, and an admin's key to it."""

    url: str
    admin_key: str

    def client(self, key: str) -> httpx.Client:
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {key}"}, timeout=30)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Of a deployment that runs already only the gateway is seen: what looks behind it is left to other runs."""
    if not URL:
        return
    behind = [item for item in items if "platform" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=behind)
    items[:] = [item for item in items if item not in behind]


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """A platform of real processes, shared by the tests that look behind its gateway."""
    with local.start() as started:
        yield started


@pytest.fixture(scope="session")
def door(request: pytest.FixtureRequest) -> Door:
    """The way into the deployment that is tested."""
    if URL and KEY_FILE:
        return Door(URL, Path(KEY_FILE).read_text().strip())
    platform: Platform = request.getfixturevalue("platform")
    return Door(platform.url, platform.admin_key)


@pytest.fixture(scope="session")
def admin(door: Door) -> Iterator[httpx.Client]:
    """An admin's client of the gateway."""
    with door.client(door.admin_key) as client:
        yield client


@pytest.fixture(scope="session")
def login(door: Door, admin: httpx.Client) -> Iterator[Login]:
    """Makes a client of the gateway with just these scopes: `login("customers:read", requests_per_minute=5)`."""
    made: list[httpx.Client] = []

    def make(*scopes: str, requests_per_minute: int = 100_000) -> httpx.Client:
        wanted = {"name": f"test-{os.urandom(4).hex()}", "scopes": scopes, "requests_per_minute": requests_per_minute}
        created = admin.post("/v1/clients", json=wanted).raise_for_status().json()
        made.append(door.client(created["key"]))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def story(admin: httpx.Client) -> Story:
    """A little of everything has happened on the platform."""
    return play(admin)
