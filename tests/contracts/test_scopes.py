"""The gateway's table and the services' documents say the same of every operation."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from contracts import service_documents
from gateway.routing import ROWS, Table

TABLE = Table()


class Operation(NamedTuple):
    package: str
    method: str
    path: str
    scopes: list[str]


def _operations() -> Iterator[Operation]:
    for package in service_documents.PACKAGES:
        for path, methods in service_documents.document(package)["paths"].items():
            for method, operation in methods.items():
                scopes = sorted({scope for way in operation["security"] for scope in way["granted"]})
                yield Operation(package, method.upper(), path, scopes)


OPERATIONS = list(_operations())


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_an_operation_has_a_row_of_its_service_and_scope(operation: Operation) -> None:
    row = TABLE.match(operation.path.encode())
    assert row is not None
    assert (row.service, [row.scope_for(operation.method)]) == (operation.package, operation.scopes)


def test_every_row_leads_to_an_operation() -> None:
    reached = {TABLE.match(operation.path.encode()) for operation in OPERATIONS}
    assert [row.path for row in ROWS if row not in reached] == []
