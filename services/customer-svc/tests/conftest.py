"""The profile store under test."""

import sys
from pathlib import Path

import pytest

from crmkit.data.db import Database
from crmkit.testing import Service, TestClient
from customer.main import create_app
from customer.settings import Settings

sys.path.insert(0, str(Path(__file__).parent))  # for customer_importing

from customer_importing import Importer


@pytest.fixture(scope="session")
def service() -> Service:
    return Service(folder=Path(__file__).parents[1], settings=Settings, app=create_app)


@pytest.fixture
def bring(client: TestClient, database: Database) -> Importer:
    """Brings an import in and takes it."""
    return Importer(client, database)
