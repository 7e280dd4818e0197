"""One temporary Postgres for a test run, whether it runs in one process or in several."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

# First of all, or pytest takes the folder gateway/ for the package of that name.
import gateway  # noqa: F401
from deploy.local import postgres

pytest_plugins = ["crmkit.testing"]

CLUSTER = pytest.StashKey[str]()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: the controller holds the cluster, each of its workers is told the address."""
    node.workerinput["postgres_url"] = _cluster_url(node.config)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """End all fixtures where the next service's tests begin: pytest would go on with the app and database of the
    service before, because fixtures of the session that depend on an overridden `service` are made only once."""
    if nextitem is None or _service_folder(item) == _service_folder(nextitem):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    runtestprotocol(item, nextitem=None)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="session")
def postgres_url(request: pytest.FixtureRequest) -> str:
    """The superuser's URL of the run's cluster."""
    told = getattr(request.config, "workerinput", {})
    return str(told.get("postgres_url") or _cluster_url(request.config))


@pytest.fixture(scope="session")
def prepare_database() -> Callable[[str, str, str, str, str], None]:
    """Makes a database with one service's roles and schemas."""
    return postgres.create_service


def _cluster_url(config: pytest.Config) -> str:
    if CLUSTER not in config.stash:
        resources = contextlib.ExitStack()
        config.stash[CLUSTER] = resources.enter_context(postgres.throwaway()).url
        config.add_cleanup(resources.close)
    return config.stash[CLUSTER]


def _service_folder(item: pytest.Item) -> str:
    return str(item.path).partition("/tests/")[0]
