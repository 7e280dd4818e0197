"""The OpenAPI document of an app, with what every endpoint has in common: problems, idempotency keys, other forms."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from fastapi import FastAPI

from crmkit import problems
from crmkit.web import concurrency, media

Document = dict[str, Any]

_REFUSALS: Final = ("4XX", "5XX")
_OF_FASTAPI: Final = ("HTTPValidationError", "ValidationError")
_REFUSAL: Final = {
    "description": "Refused, and why (RFC 9457)",
    "content": {media.PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_PROBLEM: Final = {
    "title": "Problem",
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "description": "stable, snake_case"},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail", "code"],
                "properties": {
                    "pointer": {"type": "string"},
                    "detail": {"type": "string"},
                    "code": {"type": "string", "enum": list(problems.FAULTS)},
                },
            },
        },
    },
}
_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "the same key and body again get the first answer again, for 24 hours",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!#-~]+$"},
}
# Keyed as the routes' `security` names them.
SECURITY: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "an API key, pk_..."},
    "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}
_STREAMED: Final = {name: {"schema": {"type": "string"}} for name in (media.NDJSON, media.CSV)}


class Api(FastAPI):
    """FastAPI, whose document tells the habits that crmkit gives every endpoint."""

    def openapi(self) -> Document:
        if self.openapi_schema is None:
            document = super().openapi()
            _complete(document)
            document["x-problems"] = problems.catalogue(self.state.settings.service)
            self.openapi_schema = document
        return self.openapi_schema


def _complete(document: Document) -> None:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for method, operation in _operations(document):
        _tell_refusals(operation["responses"])
        _tell_parameters(operation, method)
        _tell_other_forms(operation)
    for name in _OF_FASTAPI:
        schemas.pop(name, None)
    schemas["Problem"] = _PROBLEM
    document["components"]["securitySchemes"] = SECURITY


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path in document.get("paths", {}).values():
        yield from path.items()


def _tell_refusals(responses: Document) -> None:
    refused = responses.get("422", {}).get("content", {}).get(media.JSON, {}).get("schema", {})
    if refused.get("$ref", "").endswith("/HTTPValidationError"):
        del responses["422"]
    responses |= dict.fromkeys(_REFUSALS, _REFUSAL)


def _tell_parameters(operation: Document, method: str) -> None:
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _given(parameter["schema"])
    own = {"post": _KEY, "patch": concurrency.IF_MATCH_HEADER}.get(method)
    if own is not None:
        operation.setdefault("parameters", []).append(own)


def _given(schema: Document) -> Document:
    """A parameter is left out, it cannot be null."""
    kinds: list[Document] = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {name: value for name, value in schema.items() if name != "anyOf"} | kinds[0]


def _tell_other_forms(operation: Document) -> None:
    """Lists that page stream, too."""
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    if {"limit", "cursor", "sort"} <= names:
        operation["responses"]["200"]["content"] |= _STREAMED


def encoded(document: Document) -> bytes:
    """The document as a file: the same bytes for the same API."""
    in_order: bytes = msgspec.json.encode(document, order="sorted")
    return msgspec.json.format(in_order, indent=2) + b"\n"
