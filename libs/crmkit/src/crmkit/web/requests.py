"""The outermost middleware: who asks, under which id; metrics; the last net for faults."""

import os
import secrets
import time
from typing import Final

from prometheus_client import Counter, Histogram
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crmkit import context
from crmkit.settings import Settings
from crmkit.web import bodies, faults

REQUESTS: Final = Counter("http_requests_total", "Requests by method, route and status", ["method", "route", "status"])
DURATION: Final = Histogram("http_request_duration_seconds", "Time to the last byte of the answer", ["method", "route"])


class RequestContext:
    """Outermost middleware: request id in and out, the context of the work, metrics, the last net for faults."""

    def __init__(self, app: ASGIApp, region: str) -> None:
        self.app = app
        self.region = region

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        request_id = _request_id(headers.get("x-request-id"))
        bodies.region.set(self.region)
        context.enter(context.Context(request_id=request_id, traceparent=headers.get("traceparent")))
        bare = scope["method"] == "HEAD"
        if bare:
            # Whatever takes GET takes HEAD; a stream has to know that nobody reads it.
            scope = {**scope, "method": "GET", "state": {**scope.get("state", {}), "bare": True}}
        scope.setdefault("state", {})
        answer = _Answer(send, request_id, bare=bare, private=scope["path"].startswith("/v1/"))
        try:
            await self.app(scope, receive, answer)
        except Exception as error:
            if answer.status and not answer.complete:
                raise
            if not answer.status:
                await faults.respond(faults.of_exception(error), scope["path"])(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            REQUESTS.labels(scope["method"], route, answer.status).inc()
            DURATION.labels(scope["method"], route).observe(time.perf_counter() - started)


class _Answer:
    """The send side of one request: adds the request id, remembers how far the answer went.

    bare: the answer to a HEAD. private: kept by no cache, unless it says otherwise itself.
    """

    __slots__ = ("bare", "complete", "private", "request_id", "send", "status")

    def __init__(self, send: Send, request_id: str, *, bare: bool, private: bool) -> None:
        self.send = send
        self.request_id = request_id
        self.bare = bare
        self.private = private
        self.status = 0
        self.complete = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]
            if self.private and not any(name == b"cache-control" for name, _ in headers):
                headers.append((b"cache-control", b"no-store"))
            message["headers"] = headers
        elif message["type"] == "http.response.body":
            self.complete = not message.get("more_body", False)
            if self.bare:
                message = {**message, "body": b""}
        await self.send(message)


def _request_id(given: str | None) -> str:
    if given and len(given) <= 128 and given.isascii() and given.isprintable():
        return given
    return secrets.token_hex(16)


def traced(app: ASGIApp, settings: Settings) -> ASGIApp:
    """Wrap the app in OpenTelemetry when `OTEL_EXPORTER_OTLP_ENDPOINT` is set; else give it back as it is."""
    if "OTEL_EXPORTER_OTLP_ENDPOINT" not in os.environ:
        return app
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    provider = TracerProvider(resource=Resource.create({"service.name": settings.service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return OpenTelemetryMiddleware(app)
