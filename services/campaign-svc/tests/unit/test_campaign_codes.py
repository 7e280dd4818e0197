import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.coupons import codes

SYMBOLS = st.sampled_from(codes.ALPHABET)


def test_codes_are_distinct_sorted_and_valid() -> None:
    drawn = codes.generate(5_000)
    assert len(set(drawn)) == 5_000
    assert drawn == sorted(drawn)
    assert all(codes.normalise(code) == code for code in drawn)


def test_every_symbol_is_about_equally_likely() -> None:
    text = "".join(code[: codes.RANDOM_LENGTH] for code in codes.generate(20_000))
    expected = len(text) / len(codes.ALPHABET)
    assert all(abs(text.count(symbol) - expected) < 0.1 * expected for symbol in codes.ALPHABET)


@given(st.integers(0, codes.LENGTH - 1), SYMBOLS)
def test_one_wrong_symbol_is_noticed(place: int, symbol: str) -> None:
    (code,) = codes.generate(1)
    wrong = code[:place] + symbol + code[place + 1 :]
    assert codes.normalise(wrong) == (code if symbol == code[place] else None)


@given(st.integers(0, codes.LENGTH - 2), st.integers(1, codes.LENGTH - 1))
def test_two_swapped_symbols_are_noticed(first: int, distance: int) -> None:
    (code,) = codes.generate(1)
    second = min(first + distance, codes.LENGTH - 1)
    symbols = list(code)
    symbols[first], symbols[second] = symbols[second], symbols[first]
    swapped = "".join(symbols)
    assert codes.normalise(swapped) == (code if swapped == code else None)


def test_a_printed_code_is_read_as_a_person_types_it() -> None:
    (code,) = codes.generate(1)
    typed = codes.printed(code).lower().replace("0", "o").replace("1", "l").replace("2", "z")
    assert codes.normalise(typed) == code
    wide = "".join(chr(ord(symbol) + 0xFEE0) for symbol in code)
    for scanned in (f"{code}\t", f"{code}\r\n", f" {code[:4]} {code[4:]}", f"{code[:6]}\N{EN DASH}{code[6:]}", wide):
        assert codes.normalise(scanned) == code


@pytest.mark.parametrize("typed", ["", "ABC", "A" * 13, "????????????", "王小明王小明王小明王小明"])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert codes.normalise(typed) is None
