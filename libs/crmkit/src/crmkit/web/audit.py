"""`GET /v1/audit/{service}`: who did what."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import select
from starlette.responses import Response

from crmkit.data.audit import audit
from crmkit.web import paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session


class AuditEntry(BaseModel):
    """One act: `actor` did `action` (`verb_noun`) to `resource` (its path) in request `request_id`.

    count: how many such acts the entry adds up; more than 1 only for refused ones.
    """

    id: UUID
    at: datetime
    actor: str
    action: str
    resource: str
    request_id: str | None
    detail: str | None
    count: int


def router(service: str) -> APIRouter:
    """`GET /v1/audit/{service}`, newest first."""
    routes = api_router(tags=["operation"], scope="audit:read")

    @routes.get(f"/audit/{service}", operation_id=f"list_{service}_audit", response_model=paging.Page[AuditEntry])
    async def list_audit(
        request: Request,
        session: Session,
        page: paging.PageQuery,
        actor: Annotated[str | None, Query()] = None,
        resource: Annotated[str | None, Query()] = None,
    ) -> Response:
        query = select(audit)
        if actor is not None:
            query = query.where(audit.c.actor == actor)
        if resource is not None:
            query = query.where(audit.c.resource == resource)
        listing = paging.Listing(query, keys={"at": audit.c.at}, tie=audit.c.id, default="-at", model=AuditEntry)
        return await paging.answer(request, session, page, listing)

    return routes
