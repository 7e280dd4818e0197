"""Every operation, through the gateway: what must succeed does, and no data breaks anything."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode, Response
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import contracts
from contracts.service_documents import PACKAGES
from tests.conftest import Door
from tests.contracts.reached import REACHED
from tests.contracts.recipes import Recipe, known_path, recipe
from tests.story import Story

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 12


def _operations() -> list[Any]:
    found = []
    for package in PACKAGES:
        schema = schemathesis.openapi.from_path(Path(contracts.__file__).parent / f"{package}.openapi.json")
        for each in schema.get_all_operations():
            assert isinstance(each, Ok)
            found.append(pytest.param(each.ok(), id=_id(each.ok())))
    return found


def _id(operation: APIOperation) -> str:
    return str(operation.definition.raw["operationId"])


OPERATIONS = _operations()


@schemathesis.serializer("application/x-ndjson", "text/csv")
def _as_it_is(_: schemathesis.SerializationContext, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture
def send(door: Door) -> Any:
    """Sends a case as an admin and checks the answer against the document."""

    def send_and_check(case: Case) -> Response:
        headers = {"Authorization": f"Bearer {door.admin_key}"}
        response = case.call_and_validate(base_url=door.url, headers=headers, checks=CHECKS, timeout=60)
        REACHED[case.operation.label][response.status_code] += 1
        return response

    return send_and_check


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_succeeds(operation: APIOperation, story: Story, send: Any) -> None:
    response = send(_case(operation, story))
    assert 200 <= response.status_code < 300, response.text


def _case(operation: APIOperation, story: Story) -> Case:
    given_names = [parameter.name for parameter in operation.path_parameters]
    wanted = recipe(story, _id(operation)) or Recipe()
    parts: dict[str, Any] = {"path_parameters": dict(wanted.path) or known_path(story, operation.path, given_names)}
    parts["query"] = dict(wanted.query)
    if wanted.body is not None:
        parts |= {"body": wanted.body, "media_type": wanted.media_type or "application/json"}
    elif operation.body:
        parts |= {"body": _example(operation), "media_type": "application/json"}
    return operation.Case(**parts)


@pytest.mark.parametrize("form", ["application/x-ndjson", "text/csv"])
@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "cursor" in each.values[0].query])
def test_a_list_streams(operation: APIOperation, form: str, story: Story, send: Any) -> None:
    case = _case(operation, story)
    case.headers["Accept"] = form
    response = send(case)
    assert response.status_code == 200
    assert response.headers["content-type"][0].startswith(form)
    if form == "application/x-ndjson":
        assert all(isinstance(msgspec.json.decode(line), dict) for line in response.content.splitlines())


def _example(operation: APIOperation) -> Any:
    raw = operation.definition.raw["requestBody"]["content"]["application/json"]["schema"]
    schema = operation.schema.raw_schema["components"]["schemas"][raw["$ref"].rpartition("/")[2]]
    return schema["examples"][0]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_data_breaks_an_operation(operation: APIOperation, story: Story, send: Any) -> None:
    names = [parameter.name for parameter in operation.path_parameters]
    spared = operation.method.upper() == "DELETE" or not names
    known = {} if spared else known_path(story, operation.path, names)
    filters = [parameter.name for parameter in operation.query]
    strategy = st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode))

    @settings(
        max_examples=max(EXAMPLES, 4 * len(filters)), derandomize=True, database=None, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy, real=st.booleans(), alone=st.sampled_from([None, *filters]))
    def attack(case: Case, real: bool, alone: str | None) -> None:
        """real: something of the story is there; alone: the one parameter that is not left out."""
        if real:
            case.path_parameters.update(known)
        if alone in case.query:
            case.query = {alone: case.query[alone]}
        send(case)

    attack()
