"""CSV as the lines of JSON that imports read."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from customer.imports import tables
from customer.imports.schemas import Resource


async def numbered(resource: Resource, table: str) -> dict[int, dict[str, Any]]:
    """The documents by the numbers of their lines; there are as many lines as the table has."""

    async def lines() -> AsyncIterator[bytes]:
        for line in table.splitlines(keepends=True):
            yield line.encode()

    found = [line async for line in tables.as_json_lines(lines(), resource)]
    assert len(found) == len(table.splitlines())
    return {number: json.loads(line) for number, line in enumerate(found, 1) if line.strip()}


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("store_id,name\n1,a\n2,b\n", {2: "1", 3: "2"}),
        ("store_id,name\n\n1,a\n\n\n2,b\n\n", {3: "1", 6: "2"}),
        ('store_id,name\n1,"a\nb\n\nc"\n\n2,b\n,\n3,c\n', {2: "1", 7: "2", 9: "3"}),
    ],
)
async def test_a_record_stands_in_its_own_line(table: str, expected: dict[int, str]) -> None:
    found = await numbered("stores", table)
    assert {number: document["store_id"] for number, document in found.items()} == expected


async def test_rows_of_one_order_may_have_empty_lines_between_them() -> None:
    head = "external_id,source,quantity\n"
    found = await numbered("orders", f"{head}A,shop,1\n\nA,shop,2\n\n\nB,shop,3\n,,\nB,shop,4\n")
    quantities = {
        number: (order["external_id"], [line["quantity"] for line in order["lines"]]) for number, order in found.items()
    }
    assert quantities == {2: ("A", [1, 2]), 7: ("B", [3, 4])}
