"""Documents by themselves: merged by a patch, read as items of a batch."""

from typing import Any

import pytest
from pydantic import BaseModel

from crmkit.data import merge_patch
from crmkit.problems import Invalid
from crmkit.web import batches


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "c": 1}, {"a": None}, {"c": 1}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": "text"}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
        ({"a": 1}, None, None),
    ],
)
def test_a_merge_patch(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch.merged(target, patch) == result


class Item(BaseModel):
    name: str


@pytest.mark.parametrize(
    ("item", "pointer"),
    [({"name": "a\0"}, "/name"), ({"name": 3}, "/name"), ([], ""), ({"name": "x", "more": [[["\0"]]]}, "/more/0/0/0")],
)
def test_a_bad_item_is_refused_with_its_place(item: Any, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        batches.read_item(Item, item)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_a_good_item_is_read() -> None:
    assert batches.read_item(Item, {"name": "x"}) == Item(name="x")
