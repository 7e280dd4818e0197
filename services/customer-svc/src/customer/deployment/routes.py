"""What this deployment is set to."""

from fastapi import Request

import crmkit.app
from customer.deployment.schemas import Deployment

router = crmkit.app.router(tags=["operation"])


@router.get("/settings", operation_id="get_settings")
async def get_settings(request: Request) -> Deployment:
    deployment: Deployment = request.app.state.deployment
    return deployment
