"""What this deployment is set to."""

from fastapi import Request

from crmkit.web import routing
from customer.deployment.schemas import Deployment

router = routing.router(tags=["operation"], scope="customers")


@router.get("/settings", operation_id="get_settings")
async def get_settings(request: Request) -> Deployment:
    deployment: Deployment = request.app.state.deployment
    return deployment
