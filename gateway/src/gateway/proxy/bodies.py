"""Request bodies on their way through: short ones whole, long ones as they come."""

from collections.abc import AsyncIterator, Callable

from starlette.types import Receive

from crmkit.problems import BodyTooLarge, Problem

# Read before a connection to the service is taken, so that a slow client holds none of them.
WHOLE = 65_536


class ClientGone(ConnectionError):
    """The client left before its request was complete."""


async def whole(receive: Receive) -> bytes:
    """A short body in one piece."""
    chunks = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


class Streamed:
    """A long body, chunk by chunk, as fast as the service takes it.

    The HTTP client wraps what goes wrong in here, so `problem` and `client_gone` keep it.
    """

    def __init__(self, receive: Receive, limit: int | None, on_end: Callable[[], None]) -> None:
        self._receive = receive
        self._limit = limit
        self._on_end = on_end
        self.client_gone = False
        self.problem: Problem | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        arrived, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.client_gone = True
                raise ClientGone
            arrived += len(message.get("body", b""))
            if self._limit is not None and arrived > self._limit:
                self.problem = too_large(self._limit)
                raise self.problem
            more = message.get("more_body", False)
            if message.get("body"):
                yield message["body"]
        self._on_end()


def too_large(limit: int) -> Problem:
    return BodyTooLarge(f"A body here is at most {limit} bytes; send more through POST /v1/imports.")
