"""Who acts, for which request: set once at the edge, read by events, audit and logs."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Context:
    """The origin of a change.

    actor: client id, or `consumer:<name>` / `job:<id>` for work nobody waits for.
    request_id: the caller's or our own; causation_id: the event that led here.
    """

    actor: str = "system"
    request_id: str | None = None
    causation_id: str | None = None
    traceparent: str | None = None


_NOBODY: Final = Context()
_current: ContextVar[Context] = ContextVar("crmkit_context", default=_NOBODY)


def current() -> Context:
    return _current.get()


def enter(context: Context) -> None:
    """Make `context` the origin of everything the present task does from here on."""
    _current.set(context)
