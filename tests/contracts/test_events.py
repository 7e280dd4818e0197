"""What is emitted is what is published, and whoever reads it can."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import msgspec
import pytest

import callcenter.consumers.customer
import callcenter.consumers.segment
import campaign.consumers.customer
import customer.consumers.callcenter
import customer.consumers.campaign
import segment.consumers.customer
from contracts import event_schemas
from crmkit.events import cloudevents

SCHEMAS = event_schemas.schemas()

# Takes a reservation's whole life: the campaign service's own tests hear it.
NOT_HEARD_HERE = {"perennial.checkout.expired.v1"}

CUSTOMERS, PRODUCTS = ("customer.created", "customer.updated"), ("product.created", "product.updated")
ORDERS, REFUNDS = ("order.placed", "order.updated", "order.cancelled"), ("refund.recorded",)
# What each consumer decodes which events into.
READ = {
    customer.consumers.campaign.Checkout: ("checkout.confirmed",),
    customer.consumers.callcenter.Ticket: ("ticket.created", "ticket.updated"),
    customer.consumers.callcenter.Call: ("call.started", "call.updated", "call.ended"),
    customer.consumers.callcenter.SurveyResponse: ("survey_response.recorded", "survey_response.updated"),
    segment.consumers.customer.Customer: CUSTOMERS,
    segment.consumers.customer.Product: PRODUCTS,
    segment.consumers.customer.Order: ORDERS,
    segment.consumers.customer.Refund: REFUNDS,
    campaign.consumers.customer.CustomerData: CUSTOMERS,
    campaign.consumers.customer.ProductData: PRODUCTS,
    campaign.consumers.customer.OrderData: ORDERS,
    campaign.consumers.customer.RefundData: REFUNDS,
    callcenter.consumers.customer.CustomerData: CUSTOMERS,
    callcenter.consumers.segment.ScoreData: ("score.changed",),
}
READINGS = [(struct, f"perennial.{name}.v1") for struct, names in READ.items() for name in names]


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
