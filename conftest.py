"""One temporary Postgres for a test run, whether it runs in one process or in several."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from deploy.local import postgres

pytest_plugins = ["crmkit.testing"]

CLUSTER = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: the controller holds the cluster, each of its workers is told the address."""
    node.workerinput["postgres_url"] = _cluster_url(node.config)


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The superuser's URL of the run's cluster."""
    told = getattr(request.config, "workerinput", {})
    return str(told.get("postgres_url") or _cluster_url(request.config))


def _cluster_url(config: pytest.Config) -> str:
    if CLUSTER not in config.stash:
        resources = contextlib.ExitStack()
        config.stash[CLUSTER] = resources.enter_context(postgres.throwaway()).url
        config.add_cleanup(resources.close)
    return config.stash[CLUSTER]


@pytest.fixture(scope="session")
def prepare_database() -> Callable[[str, str, str, str, str], None]:
    """Makes a database with one service's roles and schemas."""
    return postgres.create_service
