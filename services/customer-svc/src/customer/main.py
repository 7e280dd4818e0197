"""The profile store's API process."""

from fastapi import FastAPI

import crmkit.app
from customer import problems
from customer.customers import routes as customers_routes
from customer.identifiers import routes as identifiers_routes
from customer.settings import Settings

PERSONAL_FIELDS = frozenset({"name", "phones", "emails", "phone", "email", "address"})


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; settings come from the environment when none are given."""
    app = crmkit.app.create_app(
        settings or Settings(),
        title="Perennial profiles",
        routers=[customers_routes.router, identifiers_routes.router],
        personal_fields=PERSONAL_FIELDS,
        streaming=frozenset({"/v1/imports"}),
    )
    problems.install(app)
    return app


if __name__ == "__main__":
    crmkit.app.serve(create_app, Settings())
