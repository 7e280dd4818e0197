"""`/v1/clients`: who may call the API. For admins."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from crmkit.web import concurrency, idempotency, paging, routing
from crmkit.web.sessions import Session
from gateway.clients import repository, service
from gateway.clients.models import Client
from gateway.clients.schemas import ClientOut, ClientPatch, CreatedClient, NewClient

router = routing.router(tags=["clients"], scope="admin")


@router.post("/clients", status_code=201, operation_id="create_client")
async def create_client(body: NewClient, request: Request, response: Response, session: Session) -> CreatedClient:
    """Make a client. Its key is in this answer and nowhere else."""
    made = await service.create_client(session, body)
    response.headers["Location"] = f"/v1/clients/{made.client.id}"
    concurrency.tag(response, made.client.version)
    created = CreatedClient(**ClientOut.model_validate(made.client).model_dump(), key=made.key)
    await _keep_without_key(request, response, created)
    return created


@router.get("/clients", operation_id="list_clients", response_model=paging.Page[ClientOut])
async def list_clients(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    name: Annotated[str | None, Query(max_length=63)] = None,
) -> Response:
    """Every client, revoked ones too."""
    listing = paging.Listing(
        repository.listed(name),
        keys={"created_at": Client.created_at},
        tie=Client.id,
        default="-created_at",
        model=ClientOut,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/clients/{client_id}", operation_id="get_client")
async def get_client(client_id: UUID, response: Response, session: Session) -> ClientOut:
    client = await service.get_client(session, client_id)
    concurrency.tag(response, client.version)
    return ClientOut.model_validate(client)


@router.patch("/clients/{client_id}", operation_id="update_client")
async def update_client(
    client_id: UUID, body: ClientPatch, request: Request, response: Response, session: Session
) -> ClientOut:
    """Change scopes or the rate limit; it applies to the client's next request."""
    client = await service.patch_client(session, client_id, body, partial(concurrency.check, request))
    concurrency.tag(response, client.version)
    return ClientOut.model_validate(client)


@router.delete(
    "/clients/{client_id}", status_code=204, operation_id="revoke_client", openapi_extra=concurrency.IF_MATCH
)
async def revoke_client(client_id: UUID, request: Request, session: Session) -> None:
    """Revoke the client's key."""
    await service.revoke_client(session, client_id, partial(concurrency.check, request))


async def _keep_without_key(request: Request, response: Response, created: CreatedClient) -> None:
    """A key must not lie in the table of kept answers: keep this one without it, before the route does so with it."""
    masked = created.model_copy(update={"key": None}).model_dump_json()
    headers = {**response.headers, "content-type": "application/json"}
    await idempotency.kept(request, Response(masked, 201, headers))
