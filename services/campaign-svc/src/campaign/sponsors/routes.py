"""`/v1/sponsors`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response

from campaign.sponsors import repository, service
from campaign.sponsors.models import SponsorRow
from campaign.sponsors.schemas import NewSponsor, Sponsor, SponsorPatch
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


@router.post("/sponsors", status_code=201, operation_id="create_sponsor")
async def create_sponsor(body: NewSponsor, session: Session, response: Response) -> Sponsor:
    sponsor = await service.create_sponsor(session, body)
    concurrency.tag(response, sponsor.version)
    return sponsor


@router.get("/sponsors", operation_id="list_sponsors", response_model=paging.Page[Sponsor])
async def list_sponsors(request: Request, session: Session, page: paging.PageQuery) -> Response:
    listing = paging.Listing(
        repository.current_sponsors(),
        keys={"created_at": SponsorRow.created_at, "name": SponsorRow.name},
        tie=SponsorRow.id,
        default="-created_at",
        model=Sponsor,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/sponsors/{id}", operation_id="get_sponsor")
async def get_sponsor(id: UUID, session: Session, response: Response) -> Sponsor:
    row = await service.get_sponsor(session, id)
    concurrency.tag(response, row.version)
    return Sponsor.model_validate(row, from_attributes=True)


@router.patch("/sponsors/{id}", operation_id="update_sponsor")
async def update_sponsor(held: HeldSponsor, body: SponsorPatch, session: Session, response: Response) -> Sponsor:
    sponsor = await service.change_sponsor(session, held, body)
    concurrency.tag(response, sponsor.version)
    return sponsor


@router.delete("/sponsors/{id}", status_code=204, operation_id="archive_sponsor", openapi_extra=concurrency.IF_MATCH)
async def archive_sponsor(held: HeldSponsor, session: Session) -> None:
    await service.archive_sponsor(session, held)
