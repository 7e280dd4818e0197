"""CloudEvents 1.0 as they travel in a feed."""

import builtins
from typing import Any, Final, TypeVar

import msgspec

MEDIA_TYPE: Final = "application/cloudevents-batch+json"

T = TypeVar("T")

# JSON Schema of an event as a feed gives it.
ENVELOPE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["specversion", "id", "type", "source", "sequence", "time", "datacontenttype", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string"},
        "type": {"type": "string"},
        "source": {"type": "string"},
        "sequence": {"type": "string", "description": "its place in the feed, and the cursor that continues after it"},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "subject": {"type": "string", "description": "the customer it concerns"},
        "actor": {"type": "string"},
        "requestid": {"type": "string"},
        "causationid": {"type": "string"},
        "traceparent": {"type": "string"},
        "data": {"description": "the resource as its GET answers"},
    },
}


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a feed; `data` stays raw until the consumer reads the fields it wants.

    `sequence` is the event's place in its feed and the cursor that continues after it.
    """

    id: str
    type: str
    source: str
    sequence: str
    time: str
    data: msgspec.Raw
    subject: str | None = None
    actor: str | None = None
    requestid: str | None = None
    causationid: str | None = None
    traceparent: str | None = None

    def read(self, kind: "builtins.type[T]") -> T:
        """`data` as the consumer's own narrow struct; members it does not declare are ignored."""
        return msgspec.json.decode(self.data, type=kind)


def type_name(noun: str, verb: str) -> str:
    """`perennial.<noun>.<past_tense>.v1`."""
    return f"perennial.{noun}.{verb}.v1"


_batch = msgspec.json.Decoder(list[Event])


def decode_batch(body: bytes) -> list[Event]:
    """The events of one feed answer, in order."""
    return _batch.decode(body)


def cursor(epoch: str, position: int) -> str:
    """The opaque cursor: sorts as text within an epoch."""
    return f"{epoch}.{position:016d}"


def split_cursor(value: str) -> tuple[str, int] | None:
    """Epoch and position of a cursor; None when it is not one."""
    epoch, dot, position = value.partition(".")
    if not (epoch and dot and position.isascii() and position.isdigit() and len(position) <= 18):
        return None
    return epoch, int(position)
