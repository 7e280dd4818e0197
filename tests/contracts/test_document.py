"""The document as generators of clients and linters want it; `make clients` asks them themselves."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

import contracts
from crmkit.web import openapi
from crmkit.web.schemas import REF

DOCUMENT = msgspec.json.decode((Path(contracts.__file__).parent / "perennial.openapi.json").read_bytes())
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = [pytest.param(each, id=each["operationId"]) for *_, each in openapi.operations(DOCUMENT)]
PATCHES = [
    pytest.param(each, id=each["operationId"]) for _, verb, each in openapi.operations(DOCUMENT) if verb == "patch"
]


def _within(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object and where it lies, examples and the like left out."""
    if isinstance(value, dict):
        yield path, value
        for name, member in value.items():
            if name not in ("example", "examples", "default", "enum"):
                yield from _within(member, f"{path}/{name}")
    if isinstance(value, list):
        for index, member in enumerate(value):
            yield from _within(member, f"{path}/{index}")


def test_titles_are_unique_and_names() -> None:
    titles = Counter(schema["title"] for schema in SCHEMAS.values())
    assert [title for title, count in titles.items() if count > 1] == []
    assert [name for name, schema in SCHEMAS.items() if schema["title"] != name or not name.isalnum()] == []


def test_null_is_told_beside_what_it_stands_for() -> None:
    nulls = [path for path, each in _within(DOCUMENT) if each.get("type") == "null"]
    assert [path for path in nulls if path.split("/")[-2] != "anyOf"] == []


@pytest.mark.parametrize("operation", PATCHES)
def test_a_patch_has_no_defaults(operation: dict[str, Any]) -> None:
    todo, seen = [operation["requestBody"]], set()
    while todo:
        for path, each in _within(todo.pop()):
            assert "default" not in each, path
            name = each.get("$ref", "").removeprefix(REF)
            if name and name not in seen:
                seen.add(name)
                todo.append(SCHEMAS[name])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_is_told_in_full(operation: dict[str, Any]) -> None:
    """Its scope, its statuses one by one, an example of what it takes and of what it answers."""
    assert operation["description"]
    assert operation["security"]
    assert all(status.isdigit() for status in operation["responses"])
    answers = [answer for status, answer in operation["responses"].items() if status < "300"]
    given = [operation["requestBody"]] if "requestBody" in operation else []
    contents = [(kind, each) for part in (*given, *answers) for kind, each in part.get("content", {}).items()]
    for kind, content in contents:
        if kind.endswith(("/json", "+json")):
            whole = content["schema"] | {"components": DOCUMENT["components"]}
            jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(content["example"])


def test_the_whole_names_its_servers_tags_and_terms() -> None:
    assert DOCUMENT["servers"]
    assert {"contact", "license", "description"} <= set(DOCUMENT["info"])
    used = {tag for *_, operation in openapi.operations(DOCUMENT) for tag in operation["tags"]}
    assert {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]} == used
