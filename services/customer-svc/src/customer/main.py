"""The profile store's API process."""

from fastapi import FastAPI

import crmkit.app
from customer import problems
from customer.customers import routes as customers_routes
from customer.deployment import routes as deployment_routes
from customer.deployment import service as deployment
from customer.identifiers import routes as identifiers_routes
from customer.imports import routes as imports_routes
from customer.interactions import routes as interactions_routes
from customer.orders import routes as orders_routes
from customer.products import routes as products_routes
from customer.refunds import routes as refunds_routes
from customer.search import routes as search_routes
from customer.settings import Settings
from customer.stores import routes as stores_routes
from customer.timeline import routes as timeline_routes

# `content` is how a refused line of an import began.
PERSONAL_FIELDS = frozenset({"phones", "emails", "phone", "email", "address", "content"})


def create_app(settings: Settings | None = None) -> FastAPI:
    """The app; settings come from the environment when none are given."""
    app = crmkit.app.create_app(
        settings or Settings(),
        title="Perennial profiles",
        routers=[
            search_routes.router,  # ahead of /customers/{id}: `lookup` names nobody
            customers_routes.router,
            identifiers_routes.router,
            products_routes.router,
            orders_routes.router,
            refunds_routes.router,
            stores_routes.router,
            interactions_routes.router,
            timeline_routes.router,
            imports_routes.router,
            deployment_routes.router,
        ],
        personal_fields=PERSONAL_FIELDS,
        lifespans=[deployment.recorded],
        streaming=frozenset({"/v1/imports"}),
        jobs_scope="customers",
    )
    problems.install(app)
    return app


if __name__ == "__main__":
    crmkit.app.serve(create_app, Settings())
