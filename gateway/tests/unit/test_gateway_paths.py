"""Which raw paths pass, whatever is in them."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.proxy import paths
from gateway.proxy.errors import UnsafePath

ODD = st.sampled_from(
    [b".", b"..", b"%2e", b"%2E%2e", b".%2E", b"%2f", b"%5c", b"\\", b"%00", b"a", b"ext:s:", b"1", b"%c3%a9", b""]
)
SEGMENTS = st.lists(ODD, min_size=1, max_size=3).map(b"".join)


@pytest.mark.parametrize(
    "raw_path",
    [
        b"/v1/customers/../clients",
        b"/v1/customers/%2e%2e/clients",
        b"/v1/customers/%2E./clients",
        b"/v1/customers/.",
        b"/v1//clients",
        b"/v1/customers/a%00b",
        b"/v1/customers/a\\b",
        b"/v1/customers/a%5Cb",
        b"/v1/customers%2fbatch",
        b"/v1/customers/ext:s:%2f..%2f",
        b"/v1/customers/\xc3\xa9",
        b"v1/customers",
        b"*",
        b"",
    ],
)
def test_two_readings_are_refused(raw_path: bytes) -> None:
    with pytest.raises(UnsafePath):
        paths.check(raw_path)


@pytest.mark.parametrize(
    "raw_path",
    [
        b"/",
        b"/v1/customers",
        b"/v1/customers/",
        b"/v1/customers/ext:tcj:1%2F2",
        b"/v1/customers/ext:tcj:a.b",
        b"/v1/customers/.hidden",
        b"/v1/customers/%E7%8E%8B",
    ],
)
def test_plain_paths_pass(raw_path: bytes) -> None:
    paths.check(raw_path)


def test_a_query_must_be_ascii() -> None:
    with pytest.raises(UnsafePath):
        paths.check(b"/v1/customers", b"q=\xc3\xa9")


@given(st.lists(SEGMENTS, min_size=1, max_size=5))
def test_what_passes_has_one_reading(segments: list[bytes]) -> None:
    raw_path = b"/" + b"/".join(segments)
    try:
        paths.check(raw_path)
    except UnsafePath:
        return
    decoded = unquote(raw_path.decode())
    assert not {".", ".."} & set(decoded.split("/"))
    assert "\\" not in decoded
    assert "\0" not in decoded
    assert b"//" not in raw_path
