"""An append-only record of who did what, in every service from the first day."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel
from sqlalchemy import BigInteger, Column, DateTime, MetaData, String, Table, Uuid, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from crmkit import context, paging
from crmkit.db import Session
from crmkit.routing import router as api_router

_metadata = MetaData()
audit = Table(
    "audit",
    _metadata,
    Column("id", Uuid, primary_key=True, server_default=func.uuidv7()),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("actor", String),
    Column("action", String),
    Column("resource", String),
    Column("request_id", String),
    Column("detail", String),
    Column("count", BigInteger, server_default="1"),
)


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


async def record(session: AsyncSession, action: str, resource: str, detail: str | None = None) -> None:
    """Write an entry in the effect's own transaction."""
    now = context.current()
    await session.execute(
        insert(audit).values(
            actor=now.actor, action=action, resource=resource, request_id=now.request_id, detail=detail
        )
    )


def router(service: str) -> APIRouter:
    """`GET /v1/audit/{service}`, newest first."""
    routes = api_router(tags=["operation"])

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
