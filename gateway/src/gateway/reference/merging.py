"""One OpenAPI document out of the services' own."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from crmkit.web import media, openapi
from crmkit.web.examples import Examples
from crmkit.web.schemas import NULL, REF, renamed
from gateway.customer_view import parts
from gateway.reference.about import INFO, SERVERS, TAGS
from gateway.routing import Table

Document = dict[str, Any]

_VIEW: Final = "CustomerView"
_PARAMETER: Final = re.compile(r"\{[^}]+\}")


def merge(documents: Mapping[str, Document], unavailable: list[str], table: Table) -> Document:
    """Every path of every service that the gateway routes there; `unavailable` names those left out."""
    merged: Document = {
        "openapi": "3.1.0",
        "info": INFO | {"x-unavailable": sorted(unavailable)},
        "servers": SERVERS,
        "tags": [],
        "paths": {},
        "components": {"schemas": {}, "responses": {}},
    }
    for service, document in documents.items():
        _add(merged, service, document, table)
    merged["x-problems"] = problems(documents.values())
    operations = [operation for *_, operation in openapi.operations(merged)]
    used = sorted({tag for operation in operations for tag in operation.get("tags", ())})
    merged["tags"] = [{"name": tag, "description": TAGS[tag]} for tag in used]
    granted = ((scope for way in operation.get("security", ()) for scope in way["granted"]) for operation in operations)
    merged["components"]["securitySchemes"] = openapi.security_schemes(granted)
    if _VIEW in merged["components"]["schemas"]:
        _type_customer_view(merged)
    return merged


def problems(documents: Iterable[Document]) -> list[Document]:
    """Every problem of the services, each code once."""
    known: dict[str, Document] = {}
    for document in documents:
        for problem in document.get("x-problems", ()):
            known.setdefault(problem["code"], problem)
    return [known[code] for code in sorted(known)]


def _add(merged: Document, service: str, document: Document, table: Table) -> None:
    schemas: Document = document.get("components", {}).get("schemas", {})
    taken: Document = merged["components"]["schemas"]
    names = _renamed(schemas, taken, service)
    for path, operations in document.get("paths", {}).items():
        row = table.match(path.encode())
        if row is not None and row.service == service:
            merged["paths"][path] = renamed(operations, names)
    for name, schema in schemas.items():
        own = {"title": names[name]} if name in names else {}
        taken[names.get(name, name)] = renamed(schema, names) | own
    merged["components"]["responses"] |= document.get("components", {}).get("responses", {})


def _type_customer_view(merged: Document) -> None:
    """Each part of the 360 view is what its own path answers."""
    schemas = merged["components"]["schemas"]
    answers = {
        _PARAMETER.sub("{}", path): operation.get("responses", {}).get("200", {}).get("content", {})
        for path, method, operation in openapi.operations(merged)
        if method == "get"
    }
    for part in (parts.PROFILE, *parts.OTHERS):
        answer = answers.get(_PARAMETER.sub("{}", part.target.partition("?")[0]))
        if not answer:
            continue
        schema = answer[media.JSON]["schema"]
        if part.listed:
            schema = schemas[schema["$ref"].removeprefix(REF)]["properties"]["data"]
        schemas[_VIEW]["properties"][part.name] = {"anyOf": [schema, NULL]}
    example = Examples(schemas, whole=True).of({"$ref": REF + _VIEW})
    answers["/v1/customers/{}/360"][media.JSON]["example"] = example


def _renamed(schemas: Document, taken: Document, service: str) -> dict[str, str]:
    """New names for schemas whose name means something else already, and for those that refer to such."""
    names: dict[str, str] = {}
    while True:
        clashing = {
            name: f"{service.title()}{name}"
            for name, schema in schemas.items()
            if name not in names and name in taken and taken[name] != renamed(schema, names)
        }
        if not clashing:
            return names
        names |= clashing
