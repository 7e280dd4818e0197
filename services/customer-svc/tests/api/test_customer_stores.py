"""Stores, and what the deployment is set to."""

import uuid

import pytest
from fastapi import FastAPI

from crmkit.testing import TestClient
from customer.deployment.service import DeploymentChanged
from customer.main import create_app
from customer.settings import Settings


async def test_a_store_is_made_once(client: TestClient) -> None:
    body = {"store_id": uuid.uuid4().hex, "name": "Main Street", "time_zone": "America/New_York"}
    made = (await client.post("/v1/stores", json=body)).json()
    assert (await client.get(f"/v1/stores/{made['id']}")).json() == made
    listed = (await client.get("/v1/stores", params={"store_id": body["store_id"]})).json()["data"]
    assert listed == [made]
    again = await client.post("/v1/stores", json=body)
    assert (again.status_code, again.json()["existing_id"]) == (409, made["id"])
    wrong = await client.post("/v1/stores", json=body | {"time_zone": "Mars/Olympus"})
    assert wrong.json()["errors"][0]["pointer"] == "/time_zone"


async def test_the_settings_of_the_first_start_stay(client: TestClient, settings: Settings, app: FastAPI) -> None:
    shown = {"time_zone": "America/New_York", "currency": "USD", "locale": "en_US"}
    assert (await client.get("/v1/settings")).json() == shown
    changed = create_app(settings.model_copy(update={"currency": "EUR"}))
    with pytest.raises(DeploymentChanged):
        async with changed.router.lifespan_context(changed):
            pass
