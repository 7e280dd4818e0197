"""`/readyz`: whether the gateway can work, and which services it cannot reach."""

import asyncio
from typing import Literal

import aiohttp
from fastapi import APIRouter, Request
from pydantic import BaseModel

from crmkit.db import database
from crmkit.problems import Unavailable
from gateway.proxy.upstreams import Upstreams
from gateway.routing import SERVICES

PROBE_TIMEOUT_S = 1

router = APIRouter(include_in_schema=False)


class Readiness(BaseModel):
    """A service that is down does not make the gateway unready: the others are still served."""

    status: Literal["ready"] = "ready"
    services: dict[str, Literal["up", "down"]]


@router.get("/readyz")
async def check_ready(request: Request) -> Readiness:
    try:
        await database(request).ping()
    except Exception as error:
        raise Unavailable("The database does not answer.") from error
    upstreams: Upstreams = request.app.state.upstreams
    states = await asyncio.gather(*(_probe(upstreams, service) for service in SERVICES))
    return Readiness(services=dict(zip(SERVICES, states, strict=True)))


async def _probe(upstreams: Upstreams, service: str) -> Literal["up", "down"]:
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            async with await upstreams.send(service, "GET", "/readyz", [], None) as response:
                return "up" if response.status == 200 else "down"
    except (OSError, aiohttp.ClientError, TimeoutError):
        return "down"
