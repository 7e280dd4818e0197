"""Settings that are recorded at the first start and never change: days and money would change their meaning."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from crmkit.data.db import Database
from crmkit.settings import Settings
from customer.deployment import repository
from customer.deployment.schemas import Deployment


class DeploymentChanged(RuntimeError):
    """The environment asks for other settings than the data was recorded with."""


@asynccontextmanager
async def recorded(app: FastAPI) -> AsyncIterator[None]:
    """Lifespan: record the settings, or refuse to start when they are others than before."""
    settings: Settings = app.state.settings
    database: Database = app.state.database
    wanted = Deployment(time_zone=settings.time_zone, currency=settings.currency, locale=settings.locale)
    async with database.connection() as connection:
        kept = await repository.fix(connection, wanted)
    if kept != wanted:
        raise DeploymentChanged(f"This deployment was set to {kept}; it cannot become {wanted}.")
    app.state.deployment = kept
    yield
