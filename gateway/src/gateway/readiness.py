"""`/readyz`: whether the gateway can work, and which services it cannot reach."""

import asyncio
import time
from typing import Literal

import aiohttp
import structlog
from fastapi import APIRouter, Request
from pydantic import BaseModel

from crmkit.data.db import Database, is_transient
from crmkit.problems import Unavailable
from gateway.proxy.upstreams import Upstreams
from gateway.routing import SERVICES

PROBE_TIMEOUT_S = 1
FRESH_S = 1.0

log = structlog.get_logger()

router = APIRouter(include_in_schema=False)


class Readiness(BaseModel):
    """A service that is down does not make the gateway unready: the others are still served."""

    status: Literal["ready"] = "ready"
    services: dict[str, Literal["up", "down"]]


class Watch:
    """What was found last, for a second: however many ask, the databases are asked once."""

    def __init__(self, database: Database, upstreams: Upstreams) -> None:
        self._database = database
        self._upstreams = upstreams
        self._found: Readiness | None = None
        self._fresh_until = 0.0
        self._looking = asyncio.Lock()

    async def readiness(self) -> Readiness:
        """Raises: Unavailable."""
        async with self._looking:
            if time.monotonic() >= self._fresh_until:
                self._found = await self._look()
                self._fresh_until = time.monotonic() + FRESH_S
            if self._found is None:
                raise Unavailable("The database does not answer.")
            return self._found

    async def _look(self) -> Readiness | None:
        try:
            await self._database.ping()
        except Exception as error:
            log.warning("not_ready", error=str(error), exc_info=not is_transient(error))
            return None
        states = await asyncio.gather(*(_probe(self._upstreams, service) for service in SERVICES))
        return Readiness(services=dict(zip(SERVICES, states, strict=True)))


@router.get("/readyz")
async def check_ready(request: Request) -> Readiness:
    watch: Watch = request.app.state.watch
    return await watch.readiness()


async def _probe(upstreams: Upstreams, service: str) -> Literal["up", "down"]:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            async with await upstreams.send(service, "GET", "/readyz", [], None) as response:
                return "up" if response.status == 200 else "down"
    except (OSError, aiohttp.ClientError, TimeoutError):
        return "down"
