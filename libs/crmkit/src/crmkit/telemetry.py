"""Logs as JSON lines, metrics on an internal listener, traces when an exporter is configured."""

import logging
import os
import sys
from typing import Any
from wsgiref.simple_server import WSGIServer

import structlog
from prometheus_client import start_http_server
from structlog.typing import EventDict, Processor

from crmkit import context
from crmkit.settings import Settings

log = structlog.get_logger()


def configure(settings: Settings) -> None:
    """Set up logging once per process; the standard library's loggers go the same way."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _tell_origin,
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


def _tell_origin(_: Any, __: str, entry: EventDict) -> EventDict:
    """Every line says for which request, and after which event, it was written."""
    now = context.current()
    for name in ("request_id", "causation_id"):
        value = getattr(now, name)
        if value is not None:
            entry.setdefault(name, value)
    return entry


def serve_metrics(settings: Settings) -> WSGIServer | None:
    """Start the internal listener of `/metrics`, when it has a port: it answers as long as the process lives."""
    if not settings.metrics_port:
        return None
    host = os.environ.get("PERENNIAL_METRICS_HOST", settings.host)
    server, _ = start_http_server(settings.metrics_port, addr=host)
    return server
