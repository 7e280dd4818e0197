from pathlib import Path

import pytest
from campaign.main import create_app
from campaign.settings import Settings

import crmkit.testing


@pytest.fixture(scope="session")
def service() -> crmkit.testing.Service:
    return crmkit.testing.Service(folder=Path(__file__).parents[1], settings=Settings, app=create_app)
