"""One OpenAPI document out of the services' own."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from crmkit.web import openapi
from gateway.routing import Table

Document = dict[str, Any]

_SCHEMA: Final = "#/components/schemas/"


def merge(documents: Mapping[str, Document], unavailable: list[str], table: Table) -> Document:
    """Every path of every service that the gateway routes there; `unavailable` names those left out."""
    merged: Document = {
        "openapi": "3.1.0",
        "info": {"title": "Perennial", "version": "1", "x-unavailable": sorted(unavailable)},
        "paths": {},
        "components": {"schemas": {}, "securitySchemes": openapi.SECURITY},
    }
    for service, document in documents.items():
        _add(merged, service, document, table)
    merged["x-problems"] = problems(documents.values())
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
            merged["paths"][path] = _rewritten(operations, names)
    for name, schema in schemas.items():
        taken[names.get(name, name)] = _rewritten(schema, names)


def _renamed(schemas: Document, taken: Document, service: str) -> dict[str, str]:
    """New names for schemas whose name means something else already, and for those that refer to such."""
    names: dict[str, str] = {}
    while True:
        clashing = {
            name: f"{service.title()}{name}"
            for name, schema in schemas.items()
            if name not in names and name in taken and taken[name] != _rewritten(schema, names)
        }
        if not clashing:
            return names
        names |= clashing


def _rewritten(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _rewritten(member, names) for key, member in value.items()}
    if isinstance(value, list):
        return [_rewritten(member, names) for member in value]
    if isinstance(value, str) and value.startswith(_SCHEMA):
        name = value.removeprefix(_SCHEMA)
        return _SCHEMA + names.get(name, name)
    return value
