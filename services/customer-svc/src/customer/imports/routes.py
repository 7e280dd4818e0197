"""The streaming way in."""

from typing import Annotated

from fastapi import Query, Request, Response

from crmkit.data.db import driver
from crmkit.web import idempotency, routing, sessions
from crmkit.work import jobs
from customer.imports import service
from customer.imports.errors import UnsupportedFormat
from customer.imports.schemas import Format, ImportParams, Resource
from customer.intake import Mode
from customer.settings import Settings

router = routing.router(tags=["imports"], scope="customers")

FORMATS: dict[str, Format] = {"application/x-ndjson": "application/x-ndjson", "text/csv": "text/csv"}
_BODY = {"required": True, "content": {name: {"schema": {"type": "string"}} for name in FORMATS}}


@router.post(
    "/imports",
    status_code=202,
    operation_id="create_import",
    response_model=jobs.Job,
    openapi_extra={"requestBody": _BODY},
)
async def create_import(
    request: Request,
    resource: Annotated[Resource, Query()],
    mode: Annotated[Mode, Query()] = Mode.UPSERT,
    dry_run: Annotated[bool, Query(description="check every line, change nothing")] = False,
) -> Response:
    """Stream NDJSON or CSV in; the answer's job takes it. Bad lines go to the job's error list, good ones are kept."""
    media_type = FORMATS.get(request.headers.get("content-type", "").partition(";")[0].strip().lower())
    if media_type is None:
        raise UnsupportedFormat(f"Send Content-Type {' or '.join(FORMATS)}.")
    params = ImportParams(resource=resource, mode=mode, dry_run=dry_run, media_type=media_type)
    body = service.Body(request.stream(), request.headers.get("content-encoding", "").lower())
    key = idempotency.read_key(request)
    settings: Settings = request.app.state.settings
    database = sessions.database(request)
    async with (
        service.staging(database, params, body, chunk_lines=settings.import_chunk_lines) as upload,
        database.begin() as session,
    ):
        if key is not None:
            # Only now is the body's digest known.
            claim = idempotency.claim_with_digest(request, key, body.digest.digest())
            await idempotency.take(request, await driver(session), claim)
        job = await service.create_import(session, params, upload)
        headers = {"Location": jobs.location("customer", job.id)}
        return await idempotency.kept(request, Response(job.model_dump_json(), 202, headers, "application/json"))
