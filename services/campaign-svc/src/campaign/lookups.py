"""The one way in which this service says that something is not there."""

from typing import TypeVar
from uuid import UUID

from crmkit.problems import NotFound

T = TypeVar("T")


def found(value: T | None, absent: type[NotFound], id: UUID) -> T:
    """What looking for `id` gave. Raises: `absent` (404) where that is nothing."""
    if value is None:
        raise absent(f"{absent.title}: {id}.")
    return value
