"""`/v1/sponsors`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from campaign.lookups import show
from campaign.sponsors import repository, service
from campaign.sponsors.models import SponsorRow
from campaign.sponsors.schemas import NewSponsor, Sponsor, SponsorPatch, SponsorQuery
from crmkit.web import concurrency, paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session

router = api_router(tags=["sponsors"], scope="campaigns")


async def _hold(id: UUID, request: Request, session: Session) -> SponsorRow:
    """The sponsor, locked, in the version that the caller read."""
    row = await service.get_sponsor(session, id, lock=True)
    concurrency.check(request, row.version)
    return row


HeldSponsor = Annotated[SponsorRow, Depends(_hold)]


@router.post("/sponsors", status_code=201, operation_id="create_sponsor", response_model=Sponsor)
async def create_sponsor(body: NewSponsor, session: Session) -> Response:
    id, told = await service.create_sponsor(session, body)
    return told.answer(location=f"/v1/sponsors/{id}")


@router.get("/sponsors", operation_id="list_sponsors", response_model=paging.Page[Sponsor])
async def list_sponsors(request: Request, session: Session, asked: Annotated[SponsorQuery, Query()]) -> Response:
    return await repository.SPONSORS.answer(request, session, asked)


@router.get("/sponsors/{id}", operation_id="get_sponsor", response_model=Sponsor)
async def get_sponsor(id: UUID, session: Session) -> Response:
    return (await show(session, "sponsor", await service.get_sponsor(session, id))).answer()


@router.patch("/sponsors/{id}", operation_id="update_sponsor", response_model=Sponsor)
async def update_sponsor(held: HeldSponsor, body: SponsorPatch, session: Session) -> Response:
    return (await service.change_sponsor(session, held, body)).answer()


@router.delete("/sponsors/{id}", status_code=204, operation_id="archive_sponsor", openapi_extra=concurrency.IF_MATCH)
async def archive_sponsor(held: HeldSponsor, session: Session) -> None:
    await service.archive_sponsor(session, held)
