"""JSON Schemas as pydantic writes them, made into what generators of clients read alike."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

Schema = dict[str, Any]

REF: Final = "#/components/schemas/"
NULL: Final = {"type": "null"}
# Below these names lie values or maps of names, in which `title` is not a schema's title.
_VALUES: Final = frozenset({"example", "examples", "default", "const", "enum", "required"})
_GENERIC: Final = re.compile(r"([A-Za-z]+)_(\w+)_")
_MAPS: Final = frozenset({"properties", "patternProperties", "schemas", "$defs"})


def tidied(value: Any) -> Any:
    """Without the titles made of field names, of which many are the same, null beside the type it is instead of."""
    if isinstance(value, list):
        return [tidied(member) for member in value]
    if not isinstance(value, dict):
        return value
    schema: Schema = {
        name: member if name in _VALUES else _each(member) if name in _MAPS else tidied(member)
        for name, member in value.items()
        if not (name == "title" and isinstance(member, str))
    }
    if "exclusiveMinimum" in schema and schema.get("minimum", math.inf) <= schema["exclusiveMinimum"]:
        del schema["minimum"]
    return _with_items(_nullable(schema))


def _each(named: Schema) -> Schema:
    return {name: tidied(member) for name, member in named.items()}


def _nullable(schema: Schema) -> Schema:
    kinds: list[Schema] = schema.get("anyOf", [])
    if len(kinds) != 2 or kinds[1] != NULL or not isinstance(kinds[0].get("type"), str):
        return schema
    kind: Schema = kinds[0] | {"type": [kinds[0]["type"], "null"]}
    values = kind.get("enum") or ([kind.pop("const")] if "const" in kind else None)
    if values:
        kind["enum"] = [*values, None]
    return kind | {name: member for name, member in schema.items() if name != "anyOf"}


def _with_items(schema: Schema) -> Schema:
    """A tuple of equal members is an array of them."""
    members = schema.get("prefixItems")
    if not members or any(member != members[0] for member in members):
        return schema
    return {name: member for name, member in schema.items() if name != "prefixItems"} | {"items": members[0]}


def without_defaults(value: Any, schemas: Schema, seen: frozenset[str] = frozenset()) -> None:
    """What a merge patch leaves out stays: a default would be sent by clients that are generated."""
    for member in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        without_defaults(member, schemas, seen)
    if isinstance(value, dict):
        value.pop("default", None)
        name = str(value.get("$ref", "")).removeprefix(REF)
        if name in schemas and name not in seen:
            without_defaults(schemas[name], schemas, seen | {name})


def renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Whatever refers to a schema, by its new name."""
    if isinstance(value, dict):
        return {key: renamed(member, names) for key, member in value.items()}
    if isinstance(value, list):
        return [renamed(member, names) for member in value]
    if isinstance(value, str) and value.startswith(REF):
        name = value.removeprefix(REF)
        return REF + names.get(name, name)
    return value


def plain_names(schemas: Schema) -> dict[str, str]:
    """`TicketPage` for what pydantic calls `Page_Ticket_`."""
    return {name: _GENERIC.sub(r"\2\1", name) for name in schemas if _GENERIC.fullmatch(name)}
