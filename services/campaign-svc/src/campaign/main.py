"""The API process: `python -m campaign.main`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

import crmkit.app
from campaign.campaigns import routes as campaigns
from campaign.checkouts import routes as checkouts
from campaign.coupons import routes as coupons
from campaign.lists import routes as lists
from campaign.offers import routes as offers
from campaign.redemptions import routes as redemptions
from campaign.results import routes as results
from campaign.settings import Settings
from campaign.sponsors import routes as sponsors
from crmkit.web import http

NOUNS = (sponsors, offers, campaigns, results, coupons, lists, checkouts, redemptions)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app of this service."""
    return crmkit.app.create_app(
        settings or Settings(),
        title="Perennial campaigns",
        routers=[redemptions.hot_router, checkouts.hot_router, *(noun.router for noun in NOUNS)],
        personal_fields=frozenset({"phone", "email"}),
        lifespans=[_gateway],
        jobs_scope="campaigns",
    )


@asynccontextmanager
async def _gateway(app: FastAPI) -> AsyncIterator[None]:
    async with http.client(app.state.settings) as app.state.gateway:
        yield


if __name__ == "__main__":
    crmkit.app.serve(create_app, Settings())
