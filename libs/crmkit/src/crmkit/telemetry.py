"""Logs as JSON lines, metrics on an internal listener, traces when an exporter is configured."""

import logging
import os
import secrets
import sys
import time
from typing import Final
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import Counter, Histogram, start_http_server
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import Processor

from crmkit import context, faults
from crmkit.settings import Settings

REQUESTS: Final = Counter("http_requests_total", "Requests by method, route and status", ["method", "route", "status"])
DURATION: Final = Histogram("http_request_duration_seconds", "Time to the last byte of the answer", ["method", "route"])

log = structlog.get_logger()


def configure(settings: Settings) -> None:
    """Set up logging once per process; the standard library's loggers go the same way."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(settings.log_level)),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(
        handlers=[handler], level=max(logging.WARNING, logging.getLevelName(settings.log_level)), force=True
    )
    structlog.contextvars.bind_contextvars(service=settings.service)


def serve_metrics(settings: Settings) -> WSGIServer | None:
    """Start the internal listener of `/metrics`, when it has a port: it answers as long as the process lives."""
    if not settings.metrics_port:
        return None
    host = os.environ.get("PERENNIAL_METRICS_HOST", settings.host)
    server, _ = start_http_server(settings.metrics_port, addr=host)
    return server


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


class RequestContext:
    """Outermost middleware: request id in and out, the context of the work, metrics, the last net for faults."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        request_id = _request_id(headers.get("x-request-id"))
        context.enter(context.Context(request_id=request_id, traceparent=headers.get("traceparent")))
        scope.setdefault("state", {})
        answer = _Answer(send, request_id)
        try:
            await self.app(scope, receive, answer)
        except Exception as error:
            if answer.status and not answer.complete:
                raise
            if not answer.status:
                await faults.of_exception(error).response(scope["path"])(scope, receive, answer)
        finally:
            route = getattr(scope.get("route"), "path", "unmatched")
            REQUESTS.labels(scope["method"], route, answer.status).inc()
            DURATION.labels(scope["method"], route).observe(time.perf_counter() - started)


class _Answer:
    """The send side of one request: adds the request id, remembers how far the answer went."""

    __slots__ = ("complete", "request_id", "send", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self.send = send
        self.request_id = request_id
        self.status = 0
        self.complete = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-request-id", self.request_id.encode())]
        elif message["type"] == "http.response.body":
            self.complete = not message.get("more_body", False)
        await self.send(message)


def _request_id(given: str | None) -> str:
    if given and len(given) <= 128 and given.isascii() and given.isprintable():
        return given
    return secrets.token_hex(16)
