"""`/v1/offers`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from campaign.offers import repository, service
from campaign.offers.models import OfferRow
from campaign.offers.schemas import NewOffer, NewOffers, Offer, OfferPatch, OfferResults
from crmkit.web import concurrency, paging
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session

router = api_router(tags=["offers"], scope="campaigns")


async def _hold(id: UUID, request: Request, session: Session) -> OfferRow:
    """The offer, locked, in the version that the caller read."""
    row = await service.get_offer(session, id, lock=True)
    concurrency.check(request, row.version)
    return row


HeldOffer = Annotated[OfferRow, Depends(_hold)]


@router.post("/offers", status_code=201, operation_id="create_offer")
async def create_offer(body: NewOffer, request: Request, session: Session, response: Response) -> Offer:
    offer = await service.create_offer(session, body, currency=request.app.state.settings.currency)
    concurrency.tag(response, offer.version)
    return offer


@router.post("/offers/batch", operation_id="create_offers")
async def create_offers(body: NewOffers, request: Request, session: Session) -> OfferResults:
    currency = request.app.state.settings.currency
    return OfferResults(data=await service.create_offers(session, body.items, currency=currency))


@router.get("/offers", operation_id="list_offers", response_model=paging.Page[Offer])
async def list_offers(
    request: Request,
    session: Session,
    page: paging.PageQuery,
    archived: Annotated[bool, Query(description="the archived ones instead of the current ones")] = False,
) -> Response:
    listing = paging.Listing(
        repository.list_offers(archived=archived),
        keys={"created_at": OfferRow.created_at, "name": OfferRow.name},
        tie=OfferRow.id,
        default="-created_at",
        model=Offer,
    )
    return await paging.answer(request, session, page, listing)


@router.get("/offers/{id}", operation_id="get_offer")
async def get_offer(id: UUID, session: Session, response: Response) -> Offer:
    row = await service.get_offer(session, id)
    concurrency.tag(response, row.version)
    return Offer.model_validate(row, from_attributes=True)


@router.patch("/offers/{id}", operation_id="update_offer")
async def update_offer(held: HeldOffer, body: OfferPatch, session: Session, response: Response) -> Offer:
    offer = await service.change_offer(session, held, body)
    concurrency.tag(response, offer.version)
    return offer


@router.delete("/offers/{id}", status_code=204, operation_id="archive_offer", openapi_extra=concurrency.IF_MATCH)
async def archive_offer(held: HeldOffer, session: Session) -> None:
    await service.archive_offer(session, held)
