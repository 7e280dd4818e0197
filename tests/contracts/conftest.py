"""The events a platform really emits, once a little of everything has happened on it."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from contracts import event_schemas
from tests.contracts.reached import REACHED, table
from tests.feeds import events_of
from tests.story import Story

Event = dict[str, Any]
Heard = Mapping[str, list[Event]]


@pytest.fixture(scope="session")
def heard(admin: httpx.Client, story: Story) -> Heard:
    """Every event of every feed, by its type."""
    found: dict[str, list[Event]] = defaultdict(list)
    for service in event_schemas.EMITTED:
        for event in events_of(admin, service):
            found[event["type"]].append(event)
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what every operation answered."""
    if REACHED:
        terminalreporter.section("operations reached")
        terminalreporter.write_line("\n".join(table()))
