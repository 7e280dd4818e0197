"""What those see who may not see personal values."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmkit.data.masking import Masker, mask

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["phone", "name", "x"]), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("+15551234567", "+*********67"),
        ("anna@example.com", "a***@example.com"),
        ("@example.com", "***@example.com"),
        ("12 High Street", "************et"),
        ("1234", "****"),
        ("+123", "+***"),
        ("", ""),
    ],
)
def test_enough_is_left_to_recognise_and_not_to_use(value: str, masked: str) -> None:
    assert mask(value) == masked


@given(JSON)
def test_shape_and_other_values_stay(document: object) -> None:
    masked = msgspec.json.decode(Masker(frozenset({"phone"})).json(msgspec.json.encode(document)))
    assert same_but_phones(document, masked, personal=False)


def same_but_phones(before: object, after: object, *, personal: bool) -> bool:
    if isinstance(before, dict):
        assert isinstance(after, dict)
        return list(before) == list(after) and all(
            same_but_phones(value, after[key], personal=personal or key == "phone") for key, value in before.items()
        )
    if isinstance(before, list):
        assert isinstance(after, list)
        pairs = zip(before, after, strict=True)
        return all(same_but_phones(one, other, personal=personal) for one, other in pairs)
    return after == (mask(before) if personal and isinstance(before, str) else before)


def test_a_deep_document_is_masked() -> None:
    deep = b'{"x":' * 400 + b'{"phone":["+15551234567"]}' + b"}" * 400
    assert b'"+*********67"' in Masker(frozenset({"phone"})).json(deep)


def test_a_value_is_personal_when_its_kind_is() -> None:
    document = [{"kind": "phone", "value": "+15551234567"}, {"kind": "card", "value": "99001"}, {"kind": ["phone"]}]
    masked = msgspec.json.decode(Masker(frozenset({"phone"})).json(msgspec.json.encode(document)))
    assert masked == [{"kind": "phone", "value": "+*********67"}, *document[1:]]
