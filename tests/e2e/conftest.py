"""What reaches behind the gateway: a service's own port, its settings, the database."""

import os
from collections.abc import Iterator, Mapping

import httpx
import psycopg
import pytest

from deploy.local import keys
from deploy.local.plan import DATABASE
from deploy.local.platform import Platform
from tests.story import Story, play


@pytest.fixture(scope="session")
def story(admin: httpx.Client) -> Story:
    """A story of these tests' own: what others attack does not end as it should."""
    return play(admin)


@pytest.fixture(scope="session")
def environments(platform: Platform) -> Mapping[str, dict[str, str]]:
    """The environment of every process, as a debugger would need it."""
    found = {}
    for file in (platform.home.folder / "env").iterdir():
        lines = (line.partition("=") for line in file.read_text().splitlines())
        found[file.name] = os.environ | {name: value.strip('"') for name, _, value in lines}
    return found


@pytest.fixture
def superuser(platform: Platform) -> Iterator[psycopg.Connection]:
    """A connection that may do everything in the platform's database."""
    password = keys.read(platform.home.secrets / "postgres/password")
    port = int((platform.home.folder / "postgres.port").read_text())
    with psycopg.connect(
        host="127.0.0.1", port=port, user="postgres", password=password, dbname=DATABASE, autocommit=True
    ) as connection:
        yield connection
