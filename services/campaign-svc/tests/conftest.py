import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

import crmkit.testing
from campaign.main import create_app
from campaign.settings import Settings
from crmkit.data.db import Database
from crmkit.testing import TestClient

sys.path.insert(0, str(Path(__file__).parent))
import campaign_factories


@pytest.fixture(scope="session")
def service() -> crmkit.testing.Service:
    return crmkit.testing.Service(folder=Path(__file__).parents[1], settings=Settings, app=create_app)


@pytest.fixture
def nobody_else(app: FastAPI) -> Iterator[None]:
    """customer-svc answers, and knows nobody."""
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, json={"data": []}) if "lookup" in request.url.path else httpx.Response(404)
    )
    present = app.state.gateway
    app.state.gateway = httpx.AsyncClient(transport=transport, base_url="http://gateway")
    yield
    app.state.gateway = present


@pytest.fixture
def scored(app: FastAPI) -> Iterator[set[str]]:
    """segment-svc answers, and has scored these days."""
    days = {"2017-12-04"}
    transport = httpx.MockTransport(lambda request: httpx.Response(200 if request.url.params["as_of"] in days else 404))
    present = app.state.gateway
    app.state.gateway = httpx.AsyncClient(transport=transport, base_url="http://gateway")
    yield days
    app.state.gateway = present


@pytest.fixture
async def shop(client: TestClient, database: Database) -> campaign_factories.Shop:
    return await campaign_factories.open_shop(client, database)
