"""An example of whatever a schema describes: what its fields say themselves, else the plainest value there is."""

import math
import re
from typing import Any, Final

from crmkit.web.schemas import NULL, REF, Schema

_STRINGS: Final = {
    "uuid": "0198f0a0-7b1c-7c3e-9f4a-2b6d8e0f1a2c",
    "date-time": "2026-06-01T10:00:00Z",
    "date": "2026-06-01",
    "time": "10:00:00",
    "uri": "https://example.org/",
    "email": "anna@example.org",
}
# For fields that have a pattern and no example of their own.
_CANDIDATES: Final = ("milk", "USD", "+14155550100", "1", "1.5", "A-1", "a_1", "2026-06", "R5F4M5", "10:00", "")
_NUMBERS: Final = {"integer": 1, "number": 1}


class Examples:
    """Of one document. whole: with what may be left out, too, as answers have it."""

    def __init__(self, schemas: Schema, *, whole: bool) -> None:
        self._schemas = schemas
        self._whole = whole

    def of(self, schema: Schema, within: tuple[str, ...] = ()) -> Any:
        """An example; within: the names it is part of, which end what refers to itself."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix(REF)
            return None if name in within else self.of(self._schemas[name], (*within, name))
        if "examples" in schema:
            return schema["examples"][0]
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kinds: list[Schema] = [kind for kind in schema.get("anyOf", []) if kind != NULL]
        if kinds:
            return self.of(kinds[0], within)
        return self._of_type(schema, within)

    def _of_type(self, schema: Schema, within: tuple[str, ...]) -> Any:
        kind = schema.get("type", "object")
        kind = kind[0] if isinstance(kind, list) else kind
        if kind == "object":
            return self._object(schema, within)
        if kind == "array":
            item = self.of(schema.get("items", {}), within)
            return [item] * max(1, schema.get("minItems", 1)) if item is not None else []
        if kind == "string":
            return _string(schema)
        return _number(schema) if kind in _NUMBERS else kind == "boolean" or None

    def _object(self, schema: Schema, within: tuple[str, ...]) -> Any:
        required = schema.get("required", ())
        return {
            name: self.of(member, within)
            for name, member in schema.get("properties", {}).items()
            if self._whole or name in required
        }


def _string(schema: Schema) -> str:
    if "format" in schema and "pattern" not in schema:
        return _STRINGS.get(schema["format"], "")
    pattern, least = schema.get("pattern", ""), schema.get("minLength", 0)
    fitting = (each for each in _CANDIDATES if len(each) >= least and re.search(pattern, each))
    return next(fitting, "milk" * least)[: schema.get("maxLength", 100)]


def _number(schema: Schema) -> float:
    least: float = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    most: float = schema.get("maximum", math.inf)
    return min(max(1, least), most)
