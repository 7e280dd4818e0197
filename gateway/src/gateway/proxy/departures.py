"""Ends a request whose client has left."""

import asyncio

from starlette.types import Receive

# Most answers are there sooner: they never pay for a watcher.
GRACE_S = 0.25


class Departure:
    """Watches for the client's disconnect once armed, and cancels the task that made it.

    Arm it only after the body is read: both ask the same `receive`.
    """

    __slots__ = ("_receive", "_task", "_timer", "_watcher", "noticed")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._task = asyncio.current_task()
        self._timer: asyncio.TimerHandle | None = None
        self._watcher: asyncio.Task[None] | None = None
        self.noticed = False

    def arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(GRACE_S, self._start)

    def disarm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._watcher is not None:
            self._watcher.cancel()

    def _start(self) -> None:
        self._watcher = asyncio.ensure_future(self._watch())

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self.noticed = True
        if self._task is not None:
            self._task.cancel()
