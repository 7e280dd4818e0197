"""What is emitted is what is published, and whoever reads it can."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from contracts import event_schemas
from crmkit.events import cloudevents
from tests.contracts import readings

SCHEMAS = event_schemas.schemas()

# Takes a reservation's whole life: the campaign service's own tests hear it.
NOT_HEARD_HERE = {"perennial.checkout.expired.v1"}

READINGS = list(readings.of_events())


def _validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(SCHEMAS[name], validate_formats=True)


def test_every_event_published_is_emitted_and_none_besides(heard: dict[str, list[Any]]) -> None:
    assert set(heard) == set(SCHEMAS) - NOT_HEARD_HERE


@pytest.mark.parametrize("name", sorted(set(SCHEMAS) - NOT_HEARD_HERE))
def test_an_event_is_as_published(heard: dict[str, list[Any]], name: str) -> None:
    validator = _validator(name)
    faults = [
        f"{list(fault.instance_path)}: {fault.message}" for e in heard[name] for fault in validator.iter_errors(e)
    ]
    assert not faults


@pytest.mark.parametrize(("struct", "name"), READINGS, ids=lambda value: getattr(value, "__module__", value))
def test_a_consumer_reads_whatever_the_producer_may_send(
    heard: dict[str, list[Any]], struct: type[msgspec.Struct], name: str
) -> None:
    for event in heard[name]:
        for possible in _possible(event, SCHEMAS[name]):
            assert _validator(name).is_valid(possible)
            (received,) = cloudevents.decode_batch(msgspec.json.encode([possible]))
            received.read(struct)


@pytest.mark.parametrize(("struct", "name"), READINGS, ids=lambda value: getattr(value, "__module__", value))
def test_what_a_consumer_reads_is_published(struct: type[msgspec.Struct], name: str) -> None:
    schema = SCHEMAS[name]
    assert not readings.unreadable(struct, schema["properties"]["data"], schema["$defs"])


def _possible(event: dict[str, Any], schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """An event as it was, and with as little as its schema lets it have."""
    yield event
    data = schema["properties"]["data"]
    yield event | {"data": _least(event["data"], data, schema["$defs"])}
    yield event | {"data": _least(event["data"], data, schema["$defs"], nothing_for_objects=True)}


def _least(value: Any, schema: dict[str, Any], defs: dict[str, Any], *, nothing_for_objects: bool = False) -> Any:
    def least(value: Any, schema: dict[str, Any]) -> Any:
        kinds = [_resolved(kind, defs) for kind in schema.get("anyOf", [schema])]
        if {"type": "null"} in kinds and (nothing_for_objects or not isinstance(value, dict)):
            return None
        kind = next((each for each in kinds if each != {"type": "null"}), {})
        if isinstance(value, dict) and "properties" in kind:
            return {name: least(value[name], kind["properties"][name]) for name in kind.get("required", ())}
        if isinstance(value, list) and "items" in kind:
            return [least(item, kind["items"]) for item in value]
        return value

    return least(value, schema)


def _resolved(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    found: dict[str, Any] = defs[name] if name else schema
    return found
