"""The gateway's own endpoints answer callers that the edge has admitted, and everybody on public paths."""

from dataclasses import replace

from starlette.types import ASGIApp, Receive, Scope, Send

from crmkit import context
from crmkit.web import faults
from gateway.access.errors import NoKey

PUBLIC = frozenset({"/healthz", "/readyz", "/openapi.json", "/docs"})
PUBLIC_BELOW = "/docs/"


def is_public(path: str) -> bool:
    return path in PUBLIC or path.startswith(PUBLIC_BELOW)


class AdmittedCallers:
    """Middleware behind the edge: a private path without a principal is refused, whatever led there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            principal = scope.get("state", {}).get("principal")
            if principal is not None:
                context.enter(replace(context.current(), actor=principal.client_id))
            elif not is_public(scope["path"]):
                await faults.respond(NoKey(), scope["path"])(scope, receive, send)
                return
        await self.app(scope, receive, send)
