"""The screen pop's endpoint."""

from typing import Annotated

from fastapi import Query, Request, Response

from callcenter.schemas import Name
from callcenter.screen_pop import fast, schemas
from crmkit.data.contact_points import e164
from crmkit.web import media
from crmkit.web.routing import router as api_router

router = api_router(tags=["calls"], scope="tickets")


@router.get("/screen-pop", operation_id="pop_screen", response_model=schemas.ScreenPop)
async def pop_screen(request: Request, phone: Annotated[Name, Query(examples=["+14155550100"])]) -> Response:
    """Who is calling: profile, tier, open tickets and coupons, last touches. A caller not known matches nobody."""
    # Telephone systems rarely write the + of a query as %2B, and as it stands it means a space.
    dialled = "+" + phone[1:] if phone.startswith(" ") else phone
    number = e164(dialled, request.app.state.settings.phone_region) or dialled
    return Response(await fast.pop_screen(request, number), media_type=media.JSON)
