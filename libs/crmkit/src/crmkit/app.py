"""The app factory: what every service has before it has a noun."""

import gc
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import uvicorn
from fastapi import APIRouter, FastAPI, HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crmkit import audit, auth, faults, feeds, hot, jobs, openapi, telemetry
from crmkit.db import Database, database
from crmkit.masking import Masker
from crmkit.problems import BodyTooLarge, Problem, Unavailable
from crmkit.routing import router
from crmkit.settings import Settings

__all__ = ["create_app", "router", "serve"]

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Wrap = Callable[[ASGIApp], ASGIApp]


def create_app(
    settings: Settings,
    *,
    title: str,
    routers: Sequence[APIRouter],
    personal_fields: frozenset[str] = frozenset(),
    streaming: frozenset[str] = frozenset(),
    lifespans: Sequence[Lifespan] = (),
    authenticate: Wrap | None = None,
    openapi_url: str | None = "/openapi.json",
    long_work: bool = True,
) -> FastAPI:
    """A service's app.

    personal_fields: member names masked for callers without `customers:pii`, in answers and in the feed.
    streaming: paths whose bodies are read as they come and have no size limit here.
    routers: come before the mechanism's own, so that a service may answer `/readyz` itself.
    authenticate: the middleware that fills `request.state.principal`; default: the gateway's internal token.
    long_work: whether there are jobs to ask after.
    """
    telemetry.configure(settings)
    app = openapi.Api(
        title=title,
        version="1",
        lifespan=_lifespan(settings, lifespans),
        openapi_url=openapi_url,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        redirect_slashes=False,
    )
    app.state.settings = settings
    app.state.masker = Masker(personal_fields)
    faults.install(app)
    for each in (*routers, *_mechanism(settings.service, long_work=long_work)):
        # Not include_router, which wraps each router in a route of its own: two matches for every request.
        app.router.routes.extend(each.routes)
    _surround(app, settings, streaming, authenticate)
    return app


def _mechanism(service: str, *, long_work: bool) -> list[APIRouter]:
    routers = [_health(), feeds.router(service), audit.router(service)]
    return [*routers, jobs.router(service)] if long_work else routers


def _surround(app: FastAPI, settings: Settings, streaming: frozenset[str], authenticate: Wrap | None) -> None:
    """Add the middleware, the innermost first."""
    app.add_middleware(hot.Shortcut, routes=app.routes)
    app.add_middleware(BodyLimit, limit=settings.body_limit, streaming=streaming)
    if authenticate is None:
        verifier = auth.Verifier(settings.token_public_key.get_secret_value(), settings.service)
        app.add_middleware(auth.TokenMiddleware, verifier=verifier)
    else:
        app.add_middleware(authenticate)
    app.add_middleware(telemetry.RequestContext)


def serve(factory: Callable[[], ASGIApp], settings: Settings) -> None:
    """Run the app of one process until it is told to stop."""
    telemetry.serve_metrics(settings)
    app = telemetry.traced(factory(), settings)
    # Modules and routes live as long as the process: walking them in every full collection held requests for 50 ms.
    gc.collect()
    gc.freeze()
    # A request makes some thousand objects and leaves none: looking for cycles after every 700 took 4 % of the time.
    gc.set_threshold(20_000)
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        log_config=None,
        timeout_graceful_shutdown=5,
        timeout_keep_alive=75,
    )


def _lifespan(settings: Settings, others: Sequence[Lifespan]) -> Lifespan:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            app.state.database = Database.of(settings)
            stack.push_async_callback(app.state.database.close)
            for other in (feeds.waking, *others):
                await stack.enter_async_context(other(app))
            yield

    return lifespan


def _health() -> APIRouter:
    health = APIRouter(tags=["operation"], include_in_schema=False)

    @health.get("/healthz")
    async def check_alive() -> dict[str, str]:
        return {"status": "ok"}

    @health.get("/readyz")
    async def check_ready(request: Request) -> dict[str, str]:
        try:
            await database(request).ping()
        except Exception as error:
            raise Unavailable("The database does not answer.") from error
        return {"status": "ready"}

    return health


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
            await self._too_large().response(scope["path"])(scope, receive, send)
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
