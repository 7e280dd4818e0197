"""`GET /v1/audit/{service}`: who did what."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import select
from starlette.responses import Response

from crmkit.data.audit import audit
from crmkit.data.instants import Instant
from crmkit.web import lists
from crmkit.web.paging import Page
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


class AuditQuery(lists.ListQuery):
    sort: Literal["-at", "at"] = "-at"
    actor: lists.AnyOf[str]
    action: lists.AnyOf[str]
    resource: lists.AnyOf[str]
    request_id: lists.AnyOrNone[str]
    at_gte: Instant | None = None
    at_lt: Instant | None = None


ENTRIES: Final = lists.List(select(audit), AuditQuery, columns=audit.c, model=AuditEntry)


def router(service: str) -> APIRouter:
    """`GET /v1/audit/{service}`, newest first."""
    routes = api_router(tags=["operation"], scope="audit:read")

    @routes.get(f"/audit/{service}", operation_id=f"list_{service}_audit", response_model=Page[AuditEntry])
    async def list_audit(request: Request, session: Session, asked: Annotated[AuditQuery, Query()]) -> Response:
        return await ENTRIES.answer(request, session, asked)

    return routes
