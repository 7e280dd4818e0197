"""The API process: `python -m segment.main`."""

from fastapi import FastAPI

import crmkit.app
from segment.next_purchases import routes as next_purchases
from segment.reports import routes as reports
from segment.scores import routes as scores
from segment.scoring_models import routes as scoring_models
from segment.scoring_runs import routes as scoring_runs
from segment.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app of this service."""
    return crmkit.app.create_app(
        settings or Settings(),
        title="Perennial segmentation",
        routers=[scoring_models.router, scoring_runs.router, scores.router, next_purchases.router, reports.router],
        jobs_scope="segments",
    )


if __name__ == "__main__":
    crmkit.app.serve(create_app, Settings())
