"""The call centre's API process."""

from fastapi import FastAPI

from callcenter.calls import routes as calls
from callcenter.screen_pop import routes as screen_pop
from callcenter.settings import Settings
from callcenter.surveys import routes as surveys
from callcenter.tickets import routes as tickets
from crmkit import app


def create_app(settings: Settings | None = None) -> FastAPI:
    return app.create_app(
        settings or Settings(),
        title="Perennial call centre",
        routers=[
            tickets.hot_router,
            calls.hot_router,
            tickets.router,
            calls.router,
            screen_pop.router,
            surveys.router,
        ],
        personal_fields=frozenset({"phone", "email", "from", "to"}),
    )


if __name__ == "__main__":
    app.serve(create_app, Settings())
