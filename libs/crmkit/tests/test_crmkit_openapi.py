"""What the API says of itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from crmkit.testing import TestClient
from crmkit.web import openapi

Document = dict[str, Any]


@pytest.fixture
def document(app: FastAPI) -> Document:
    return app.openapi()


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (v for k, v in value.items() if k == "$ref")
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_operation_tells_its_refusals(document: Document) -> None:
    refusals = document["components"]["responses"]
    assert all(list(refusal["content"]) == ["application/problem+json"] for refusal in refusals.values())
    for path, method, operation in operations(document):
        told = {status for status in operation["responses"] if status >= "400"}
        assert told >= {"400", "401", "403", "422", "429", "500", "503"}, (path, method)
        assert all(set(operation["responses"][status]) == {"$ref"} for status in told)
    grow = document["paths"]["/v1/things/{id}/grow"]["post"]["responses"]
    assert {"404", "409"} <= set(grow)
    assert "413" not in grow


def test_headers_are_told_where_they_apply(document: Document) -> None:
    for _, method, operation in operations(document):
        headers = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "header"}
        assert headers == {"post": {"Idempotency-Key"}, "patch": {"If-Match"}}.get(method, set())


def test_a_list_has_three_forms(document: Document) -> None:
    content = document["paths"]["/v1/things"]["get"]["responses"]["200"]["content"]
    assert set(content) == {"application/json", "application/x-ndjson", "text/csv"}


def test_a_hot_endpoint_tells_its_body(document: Document) -> None:
    body = document["paths"]["/v1/quick-things"]["post"]["requestBody"]
    reference = body["content"]["application/json"]["schema"]["$ref"]
    schema = document["components"]["schemas"][reference.rpartition("/")[2]]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["name"]


def test_every_reference_is_there(document: Document) -> None:
    components = document["components"]
    known = {f"#/components/{kind}/{name}" for kind in ("schemas", "responses") for name in components[kind]}
    assert set(references(document)) <= known


def test_operation_ids_are_verb_and_noun_and_unique(document: Document) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    assert all("_" in name for name in ids)


def test_the_same_api_is_the_same_file(app: FastAPI, document: Document) -> None:
    written = openapi.encoded(document)
    app.openapi_schema = None
    assert openapi.encoded(app.openapi()) == written


async def test_the_document_is_served(client: TestClient, document: Document) -> None:
    assert (await client.get("/openapi.json")).json() == document
