"""`/healthz` and `/readyz`: whether the process lives, and whether it can serve."""

from fastapi import APIRouter, Request

from crmkit.problems import Unavailable
from crmkit.web.sessions import database


def router() -> APIRouter:
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
