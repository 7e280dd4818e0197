"""The OpenAPI document of an app, with what every endpoint has in common: problems, idempotency keys, other forms."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI

from crmkit import problems
from crmkit.web import concurrency, media
from crmkit.web.examples import Examples
from crmkit.web.schemas import NULL, plain_names, renamed, tidied, without_defaults

Document = dict[str, Any]

_SOMEWHERE: Final = (409, 412, 413, 415)
_ANYWHERE: Final = (400, 401, 403, 404, 422, 429, 500, 502, 503, 504)
_OF_FASTAPI: Final = ("HTTPValidationError", "ValidationError")
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
    components = document.setdefault("components", {})
    names = plain_names(components.get("schemas", {}))
    document["paths"] = renamed(tidied(document.get("paths", {})), names)
    schemas = renamed(tidied({"schemas": components.get("schemas", {})})["schemas"], names) | {"Problem": _PROBLEM}
    named = {names.get(name, name): schema for name, schema in schemas.items() if name not in _OF_FASTAPI}
    components["schemas"] = {name: schema | {"title": name} for name, schema in named.items()}
    for _, method, operation in operations(document):
        _tell_parameters(operation, method)
        _tell_refusals(operation, method)
        _tell_other_forms(operation)
        _tell_examples(operation, components["schemas"])
        _tell_scope(operation)
        if method == "patch":
            without_defaults(operation["requestBody"]["content"][media.JSON]["schema"], components["schemas"])
    components["responses"] = {_name(status): _refusal(status) for status in sorted({*_ANYWHERE, *_SOMEWHERE})}
    components["securitySchemes"] = security_schemes(_scopes(operation) for *_, operation in operations(document))


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Path, method and operation."""
    for path, methods in document.get("paths", {}).items():
        for method, operation in methods.items():
            yield path, method, operation


def _tell_refusals(operation: Document, method: str) -> None:
    """Each status by itself, for generators make nothing of ranges; a route adds what is not seen here."""
    takes = {parameter["name"] for parameter in operation.get("parameters", ())}
    responses = operation["responses"]
    statuses = {*_ANYWHERE, *(int(status) for status in responses if int(status) >= HTTPStatus.BAD_REQUEST)}
    if method != "get":
        statuses.add(409)
    if "If-Match" in takes:
        statuses.add(412)
    if "requestBody" in operation:
        statuses |= {413, 415}
    responses |= {str(status): {"$ref": f"#/components/responses/{_name(status)}"} for status in statuses}


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _refusal(status: int) -> Document:
    phrase = HTTPStatus(status).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    problem = {"type": f"/docs/problems#{code}", "title": phrase, "status": status, "detail": f"{phrase}."}
    about = {"instance": "/v1/customers", "code": code, "request_id": "0198f0a07b1c7c3e"}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": problem | about}
    return {"description": f"{phrase}: refused, and why (RFC 9457)", "content": {media.PROBLEM: content}}


def _tell_examples(operation: Document, schemas: Document) -> None:
    given, answered = Examples(schemas, whole=False), Examples(schemas, whole=True)
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            parameter.setdefault("example", given.of(parameter["schema"]))
    body = operation.get("requestBody", {}).get("content", {}).get(media.JSON)
    if body:
        body.setdefault("example", given.of(body["schema"]))
    for response in operation["responses"].values():
        for kind, content in response.get("content", {}).items():
            if kind.endswith(("/json", "+json")):
                content.setdefault("example", answered.of(content["schema"]))


def _tell_scope(operation: Document) -> None:
    scopes = " ".join(f"Takes the scope `{scope}`." for scope in _scopes(operation))
    operation["description"] = f"{operation.get('description', '')}\n\n{scopes}".strip()


def _scopes(operation: Document) -> list[str]:
    return sorted({scope for way in operation["security"] for scope in way["granted"]})


def security_schemes(scopes: Iterable[Iterable[str]]) -> Document:
    """How a key is sent, and what its client must have been granted, as the routes' `security` names them."""
    known = {scope: f"the scope {scope}" for some in scopes for scope in some}
    granted = "What the client was granted with its key, told as OAuth 2 tells scopes; the key itself is the token."
    flow = {"tokenUrl": "/v1/clients", "scopes": dict(sorted(known.items()))}
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "an API key, pk_..."},
        "api_key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "an API key, pk_..."},
        "granted": {"type": "oauth2", "description": granted, "flows": {"clientCredentials": flow}},
    }


def _tell_parameters(operation: Document, method: str) -> None:
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _given(parameter["schema"])
    own = {"post": _KEY, "patch": concurrency.IF_MATCH_HEADER}.get(method)
    if own is not None:
        operation.setdefault("parameters", []).append(own)


def _given(schema: Document) -> Document:
    """A parameter is left out, it cannot be null."""
    kinds: list[Document] = [kind for kind in schema.get("anyOf", ()) if kind != NULL]
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
