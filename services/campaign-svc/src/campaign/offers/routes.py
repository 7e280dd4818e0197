"""`/v1/offers`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from campaign.lookups import show
from campaign.offers import repository, service
from campaign.offers.models import OfferRow
from campaign.offers.schemas import NewOffer, NewOffers, Offer, OfferPatch, OfferQuery
from crmkit.web import concurrency, paging
from crmkit.web.batches import BatchResults
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session

router = api_router(tags=["offers"], scope="campaigns")


async def _hold(id: UUID, request: Request, session: Session) -> OfferRow:
    """The offer, locked, in the version that the caller read."""
    row = await service.get_offer(session, id, lock=True)
    concurrency.check(request, row.version)
    return row


HeldOffer = Annotated[OfferRow, Depends(_hold)]


@router.post("/offers", status_code=201, operation_id="create_offer", response_model=Offer)
async def create_offer(body: NewOffer, request: Request, session: Session) -> Response:
    id, told = await service.create_offer(session, body, currency=request.app.state.settings.currency)
    return told.answer(location=f"/v1/offers/{id}")


@router.post("/offers/batch", operation_id="create_offers")
async def create_offers(body: NewOffers, request: Request, session: Session) -> BatchResults:
    currency = request.app.state.settings.currency
    return BatchResults(data=await service.create_offers(session, body.items, currency=currency))


@router.get("/offers", operation_id="list_offers", response_model=paging.Page[Offer])
async def list_offers(request: Request, session: Session, asked: Annotated[OfferQuery, Query()]) -> Response:
    return await repository.OFFERS.answer(request, session, asked)


@router.get("/offers/{id}", operation_id="get_offer", response_model=Offer)
async def get_offer(id: UUID, session: Session) -> Response:
    return (await show(session, "offer", await service.get_offer(session, id))).answer()


@router.patch("/offers/{id}", operation_id="update_offer", response_model=Offer)
async def update_offer(held: HeldOffer, body: OfferPatch, session: Session) -> Response:
    return (await service.change_offer(session, held, body)).answer()


@router.delete("/offers/{id}", status_code=204, operation_id="archive_offer", openapi_extra=concurrency.IF_MATCH)
async def archive_offer(held: HeldOffer, session: Session) -> None:
    await service.archive_offer(session, held)
