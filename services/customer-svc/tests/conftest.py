"""The profile store under test."""

from pathlib import Path

import pytest

from crmkit.testing import Service
from customer.main import create_app
from customer.settings import Settings


@pytest.fixture(scope="session")
def service() -> Service:
    return Service(folder=Path(__file__).parents[1], settings=Settings, app=create_app)
