"""Whatever a service reads of another's answers is promised by the other."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

import campaign.references
import contracts
from campaign.lists import generation, rules
from gateway.customer_view import parts
from tests.contracts import readings

Schema = dict[str, Any]

DOCUMENT: Final[Schema] = json.loads((Path(contracts.__file__).parent / "perennial.openapi.json").read_bytes())
SCHEMAS: Final[Schema] = DOCUMENT["components"]["schemas"]
PARTS: Final = (parts.PROFILE, *parts.OTHERS)


def _answered(path: str) -> Schema:
    """What GET of a path answers."""
    found: Schema = _operation(path)["responses"]["200"]["content"]["application/json"]["schema"]
    return found


def _operation(path: str) -> Schema:
    """The GET of a path, whatever its parameters are called there."""
    found: Schema = next(item["get"] for name, item in DOCUMENT["paths"].items() if _plain(name) == _plain(path))
    return found


def _plain(path: str) -> list[str]:
    return ["{}" if part.startswith("{") else part for part in path.split("/")]


def _row(path: str) -> Schema:
    """A row of the list that GET of a path answers, as its stream has them a line each."""
    page = SCHEMAS[_answered(path)["$ref"].rpartition("/")[2]]
    row: Schema = page["properties"]["data"]["items"]
    return row


@pytest.mark.parametrize(
    ("struct", "sent"),
    [
        (generation._Score, _row("/v1/scores")),
        (rules.NextPurchase, _row("/v1/next-purchases")),
        (campaign.references._Found, _answered("/v1/customers/{id}")),
        (campaign.references._Matches, _answered("/v1/customers/lookup")),
        (parts._Identity, _answered("/v1/customers/{id}")),
        *((parts._State, _row(part.target.partition("?")[0])) for part in PARTS if part.hidden),
        *((parts._Rows, _answered(part.target.partition("?")[0])) for part in PARTS if part.listed),
    ],
    ids=lambda value: value.__qualname__ if isinstance(value, type) else "",
)
def test_what_is_read_of_another_service_is_what_it_answers(struct: type[msgspec.Struct], sent: Schema) -> None:
    assert not readings.unreadable(struct, sent, SCHEMAS)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_a_part_of_the_view_asks_only_what_its_service_takes(part: parts.Part) -> None:
    path, _, query = part.target.partition("?")
    taken = {each["name"] for each in _operation(path)["parameters"] if each["in"] == "query"}
    assert {each.partition("=")[0] for each in filter(None, query.split("&"))} <= taken


def test_what_cannot_be_read_is_told() -> None:
    sent = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "data": {"type": "null"}}}
    assert readings.unreadable(parts._Identity, sent, {}) == ["/id: integer is sent, ['string'] is read"]
    assert readings.unreadable(parts._State, sent, {}) == ["/status: is not sent"]
    faults = readings.unreadable(parts._Rows, sent, {})
    assert faults == ["/data: may be left out", "/data: null is sent, ['array'] is read"]
