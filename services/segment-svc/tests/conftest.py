from pathlib import Path

import pytest
from segment.main import create_app
from segment.settings import Settings

import crmkit.testing


@pytest.fixture(scope="session")
def service() -> crmkit.testing.Service:
    return crmkit.testing.Service(folder=Path(__file__).parents[1], settings=Settings, app=create_app)
