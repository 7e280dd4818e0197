"""Operation and documentation: for everybody, from this host alone."""

import re

import httpx
import pytest


@pytest.fixture
async def anonymous(gateway_url):
    async with httpx.AsyncClient(base_url=gateway_url) as client:
        yield client


async def test_one_document_of_all_services(anonymous, upstream, edge) -> None:
    def document(path: str) -> dict:
        return {
            "openapi": "3.1.0",
            "paths": {path: {"get": {"operationId": "x"}}, "/v1/clients": {"get": {"operationId": "not theirs"}}},
        }

    upstream.answers({"/openapi.json": document("/v1/orders")})
    edge.app.state.reference._fresh_until = 0.0
    merged = (await anonymous.get("/openapi.json")).json()
    assert merged["openapi"] == "3.1.0"
    assert merged["info"]["x-unavailable"] == ["callcenter"]
    assert merged["paths"]["/v1/orders"]
    assert "/v1/customers/{customer_id}/360" in merged["paths"]
    assert merged["paths"]["/v1/clients"]["get"]["operationId"] == "list_clients"
    assert set(merged["components"]["securitySchemes"]) == {"bearer", "api_key", "granted"}


async def test_the_page_loads_nothing_from_elsewhere(anonymous) -> None:
    page = await anonymous.get("/docs")
    assert "'self'" in page.headers["content-security-policy"]
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    for path in loaded:
        assert path.startswith("/docs/")
        assert (await anonymous.get(path)).status_code == 200
    assert (await anonymous.get("/docs/nothing.js")).status_code == 404


async def test_the_type_of_a_problem_leads_to_its_meaning(anonymous, upstream) -> None:
    path, _, code = (await anonymous.get("/v1/nothing")).json()["type"].partition("#")
    assert f'id="{code}"' in (await anonymous.get(path)).text


async def test_ready_names_the_services_that_are_down(anonymous, upstream) -> None:
    assert (await anonymous.get("/healthz")).json() == {"status": "ok"}
    ready = await anonymous.get("/readyz")
    assert ready.status_code == 200
    assert ready.json()["services"] == {"customer": "up", "segment": "up", "campaign": "up", "callcenter": "down"}


async def test_metrics_are_not_public(anonymous) -> None:
    assert (await anonymous.get("/metrics")).status_code == 404
