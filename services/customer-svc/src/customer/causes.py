"""The events of other feeds that led to changes here, where one statement makes the changes of several."""

from collections.abc import Sequence
from dataclasses import dataclass

from crmkit import context
from crmkit.events.cloudevents import Event


@dataclass(frozen=True, slots=True)
class Cause:
    """An event of another feed, and the trace it came by."""

    event_id: str
    traceparent: str | None

    @classmethod
    def of(cls, event: Event) -> "Cause":
        return cls(event.id, event.traceparent)


Origins = tuple[str, str | None, list[str | None], list[str | None]]


def origins(causes: Sequence[Cause | None]) -> Origins:
    """(actor, request id, causation ids, traceparents) for a set; what has no cause has the present work's."""
    now = context.current()
    return (
        now.actor,
        now.request_id,
        [cause.event_id if cause else now.causation_id for cause in causes],
        [cause.traceparent if cause else now.traceparent for cause in causes],
    )
