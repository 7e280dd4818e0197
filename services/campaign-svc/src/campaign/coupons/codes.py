"""Coupon and list codes: nobody guesses one, a person can type one, one wrong character is noticed.

31 symbols, a prime, so that a weighted check character notices every single error and every swap of two symbols.
I, L, O, U and Z are left out; read by eye, they are taken for the symbols they look like.
"""

import os
import unicodedata
from typing import Final

import numpy as np

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXY"
RANDOM_LENGTH: Final = 11
LENGTH: Final = RANDOM_LENGTH + 1
_BASE: Final = len(ALPHABET)
_WEIGHTS: Final = np.arange(2, 2 + RANDOM_LENGTH)
_SYMBOLS: Final = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_VALUE: Final = {symbol: value for value, symbol in enumerate(ALPHABET)}
_LOOKALIKES: Final = str.maketrans("OILZU", "0112V")
# 248 is the largest multiple of 31 in a byte: larger bytes would make the first symbols likelier.
_UNIFORM: Final = 248
_TO_VALUE: Final = bytes(byte % _BASE for byte in range(256))
_TOO_LARGE: Final = bytes(range(_UNIFORM, 256))


def generate(count: int) -> list[str]:
    """`count` codes of 54 random bits each, different from each other, in sorted order."""
    codes: set[str] = set()
    while len(codes) < count:
        codes.update(_draw(count - len(codes)))
    return sorted(codes)


def normalise(typed: str) -> str | None:
    """The code that a person meant, or None when the length, a symbol or the check character is wrong."""
    code = "".join(symbol for symbol in unicodedata.normalize("NFKC", typed).upper() if not _is_spacing(symbol))
    code = code.translate(_LOOKALIKES)
    if len(code) != LENGTH or any(symbol not in _VALUE for symbol in code):
        return None
    values = [_VALUE[symbol] for symbol in code]
    check = sum(int(weight) * value for weight, value in zip(_WEIGHTS, values, strict=False)) % _BASE
    return code if check == values[-1] else None


def printed(code: str) -> str:
    """`ABCD-EFGH-JKMN`, as it stands on paper."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def _is_spacing(symbol: str) -> bool:
    """A blank, a dash, or what a scanner sends behind a code."""
    return symbol.isspace() or unicodedata.category(symbol) in {"Pd", "Cc", "Cf"}


def _draw(count: int) -> list[str]:
    values = np.frombuffer(_random_values(count * RANDOM_LENGTH), dtype=np.uint8).reshape(count, RANDOM_LENGTH)
    checks = (values @ _WEIGHTS) % _BASE
    text = _SYMBOLS[np.column_stack((values, checks))].tobytes().decode()
    return [text[start : start + LENGTH] for start in range(0, len(text), LENGTH)]


def _random_values(count: int) -> bytes:
    values = b""
    while len(values) < count:
        values += os.urandom((count - len(values)) * 17 // 16 + 16).translate(_TO_VALUE, _TOO_LARGE)
    return values[:count]
