"""`/v1/campaigns/{id}/results`."""

from uuid import UUID

from campaign.results import service
from campaign.results.schemas import Results
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session

router = api_router(tags=["campaigns"], scope="campaigns")


@router.get("/campaigns/{id}/results", operation_id="get_campaign_results")
async def get_results(id: UUID, session: Session) -> Results:
    """Redemption, who paid, and treated against control."""
    return await service.get_results(session, id)
