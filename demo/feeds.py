"""Waiting until one service has read what another has told."""

import time
from typing import Final

import msgspec
from rich.progress import Progress

from demo.api import Api, Refused

POLL_S: Final = 0.2
PATIENCE_S: Final = 600.0


class Head(msgspec.Struct, frozen=True):
    position: int
    unsequenced: int


class Reader(msgspec.Struct, frozen=True):
    name: str
    position: int


class Readers(msgspec.Struct, frozen=True):
    data: list[Reader]


def await_reader(api: Api, progress: Progress, feed: str, reader: str) -> None:
    """Return once `reader` has handled all that the feed holds. Raises Refused when it takes too long."""
    task = progress.add_task(f"{reader} reads the {feed} feed", total=None)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        head = api.get(f"/v1/feeds/{feed}/head", Head)
        position = _position(api, feed, reader)
        progress.update(task, total=head.position + head.unsequenced, completed=position)
        if not head.unsequenced and position >= head.position:
            return
        time.sleep(POLL_S)
    raise Refused(f"{reader} has not caught up within {PATIENCE_S:.0f} s; see GET /v1/feeds/{feed}/consumers")


def _position(api: Api, feed: str, reader: str) -> int:
    """How far the reader has asked, which it does only after it has kept what came before."""
    readers = api.get(f"/v1/feeds/{feed}/consumers", Readers).data
    return max((each.position for each in readers if each.name == reader), default=0)
