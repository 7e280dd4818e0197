"""The API process: `python -m campaign.main`."""

from fastapi import FastAPI

import crmkit.app
from campaign.campaigns import routes as campaigns
from campaign.offers import routes as offers
from campaign.settings import Settings
from campaign.sponsors import routes as sponsors


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app of this service."""
    return crmkit.app.create_app(
        settings or Settings(),
        title="Perennial campaigns",
        routers=[sponsors.router, offers.router, campaigns.router],
        personal_fields=frozenset({"phone", "email"}),
    )


if __name__ == "__main__":
    crmkit.app.serve(create_app, Settings())
