"""Imports, brought in and taken at once."""

import json
from functools import partial
from typing import Any
from uuid import UUID

import httpx

from crmkit.data.db import Database
from crmkit.testing import TestClient
from crmkit.work import jobs
from customer.imports import service

NDJSON = {"content-type": "application/x-ndjson"}


def ndjson(*rows: dict[str, Any]) -> bytes:
    """Rows as the body of an import."""
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


class Importer:
    """Posts a body and runs its job to the end."""

    def __init__(self, client: TestClient, database: Database) -> None:
        self.client, self.database = client, database

    async def __call__(
        self, resource: str, body: bytes, headers: dict[str, str] | None = None, **params: Any
    ) -> dict[str, Any]:
        query = {"resource": resource} | params
        response = await self.client.post("/v1/imports", params=query, content=body, headers=headers or NDJSON)
        assert response.status_code == 202, response.text
        return await self.finish(response.json()["id"])

    async def finish(self, job_id: str) -> dict[str, Any]:
        handlers = {service.KIND: partial(service.run_import, region="US")}
        async with httpx.AsyncClient() as gateway:
            await jobs.execute(self.database, gateway, handlers, UUID(job_id))
        job: dict[str, Any] = (await self.client.get(f"/v1/jobs/customer/{job_id}")).json()
        return job

    async def errors(self, job: dict[str, Any]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (await self.client.get(job["errors_url"])).json()["data"]
        return rows
