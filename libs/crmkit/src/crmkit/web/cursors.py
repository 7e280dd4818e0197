"""Cursors: where a page ended, opaque to whoever carries them."""

import base64
from typing import Any
from uuid import UUID

import msgspec

from crmkit.problems import InvalidCursor


def encode(values: list[Any]) -> str:
    """An opaque cursor of JSON values."""
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def decode(cursor: str) -> list[Any]:
    """The values of a cursor; 400 when it is not one of ours."""
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        raise InvalidCursor("Take `next_cursor` as it came.") from error
    if not isinstance(values, list) or not values:
        raise InvalidCursor("Take `next_cursor` as it came.")
    return values


def pin(cursor: str | None) -> UUID | None:
    """What a list's pages are of, as the first one chose; None where there is none before."""
    if cursor is None:
        return None
    try:
        return msgspec.convert(decode(cursor)[-1], UUID)
    except msgspec.ValidationError as error:
        raise InvalidCursor("Take `next_cursor` as it came.") from error
