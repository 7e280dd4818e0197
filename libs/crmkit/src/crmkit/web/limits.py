"""The size of a body."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crmkit.problems import BodyTooLarge, Problem
from crmkit.web import faults


class BodyLimit:
    """Refuses a body over the limit with 413, by its declared length or by what has arrived."""

    def __init__(self, app: ASGIApp, *, limit: int, streaming: frozenset[str]) -> None:
        self.app = app
        self.limit = limit
        self.streaming = streaming

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # a lifespan's state is copied into every request's
            await self.app(scope, receive, send)
            return
        if scope["path"] in self.streaming:
            scope.setdefault("state", {})["streamed"] = True
            await self.app(scope, receive, send)
            return
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if declared.isdigit() and int(declared) > self.limit:
            await faults.respond(self._too_large(), scope["path"])(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self.limit:
                # FastAPI lets only its own exceptions out of reading a body.
                raise HTTPException(413)
            return message

        await self.app(scope, counted, send)

    def _too_large(self) -> Problem:
        return BodyTooLarge(f"A body here is at most {self.limit} bytes; send more through POST /v1/imports.")
