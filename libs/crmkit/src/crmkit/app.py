"""The app factory: what every service has before it has a noun."""

import gc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import uvicorn
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from crmkit import telemetry
from crmkit.data.db import Database
from crmkit.data.masking import Masker
from crmkit.settings import Settings
from crmkit.web import audit, auth, consumers, faults, feeds, health, hot, jobs, limits, openapi, requests

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
    jobs_scope: str | None = None,
    emits: bool = True,
) -> FastAPI:
    """A service's app.

    personal_fields: member names masked for callers without `customers:pii`, in answers and in the feed.
    streaming: paths whose bodies are read as they come and have no size limit here.
    routers: come before the mechanism's own, so that a service may answer `/readyz` itself.
    authenticate: the middleware that fills `request.state.principal`; default: the gateway's internal token.
    jobs_scope: the noun whose scopes show and cancel jobs; without it there are none.
    emits: whether there are events to feed to others.
    """
    telemetry.configure(settings)
    lifespan = _lifespan(settings, [feeds.waking, *lifespans] if emits else lifespans)
    app = _api(title, lifespan, openapi_url)
    app.state.settings = settings
    app.state.masker = Masker(personal_fields)
    faults.install(app)
    for each in (*routers, *_mechanism(settings.service, jobs_scope, emits=emits)):
        # Not include_router, which wraps each router in a route of its own: two matches for every request.
        app.router.routes.extend(each.routes)
    _surround(app, settings, streaming, authenticate)
    return app


def _api(title: str, lifespan: Lifespan, openapi_url: str | None) -> openapi.Api:
    return openapi.Api(
        title=title,
        version="1",
        lifespan=lifespan,
        openapi_url=openapi_url,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        redirect_slashes=False,
    )


def _mechanism(service: str, jobs_scope: str | None, *, emits: bool) -> Iterator[APIRouter]:
    yield from (health.router(), audit.router(service))
    if emits:
        yield from (feeds.router(service), consumers.router(service))
    if jobs_scope:
        yield jobs.router(service, jobs_scope)


def _surround(app: FastAPI, settings: Settings, streaming: frozenset[str], authenticate: Wrap | None) -> None:
    """Add the middleware, the innermost first."""
    app.add_middleware(hot.Shortcut, routes=app.routes)
    app.add_middleware(limits.BodyLimit, limit=settings.body_limit, streaming=streaming)
    if authenticate is None:
        verifier = auth.Verifier(settings.token_public_key.get_secret_value(), settings.service)
        app.add_middleware(auth.TokenMiddleware, verifier=verifier)
    else:
        app.add_middleware(authenticate)
    app.add_middleware(requests.RequestContext, region=settings.phone_region)


def serve(factory: Callable[[], ASGIApp], settings: Settings) -> None:
    """Run the app of one process until it is told to stop."""
    telemetry.serve_metrics(settings)
    app = requests.traced(factory(), settings)
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
            for other in others:
                await stack.enter_async_context(other(app))
            yield

    return lifespan
