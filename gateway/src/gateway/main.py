"""The gateway's process: `python -m gateway.main`."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

import crmkit.app
from crmkit.work import due, retention
from gateway import readiness
from gateway.access.admission import Admission
from gateway.access.callers import AdmittedCallers
from gateway.access.directory import Directory, following
from gateway.access.limits import Peers
from gateway.access.refusals import Refusals, writing
from gateway.access.tokens import Mint
from gateway.clients import routes as clients
from gateway.customer_view import routes as customer_view
from gateway.proxy.edge import Edge, Gate
from gateway.proxy.forwarding import Forwarder
from gateway.proxy.upstreams import Upstreams
from gateway.reference import routes as reference
from gateway.reference.document import Reference
from gateway.routing import Table
from gateway.settings import Settings


def create_app(settings: Settings | None = None) -> Edge:
    """The edge around the gateway's own endpoints."""
    app = crmkit.app.create_app(
        settings or Settings(),
        title="Perennial gateway",
        routers=[clients.router, customer_view.router, readiness.router, reference.router],
        lifespans=[_connected],
        authenticate=AdmittedCallers,
        openapi_url=None,
        emits=False,
    )
    return Edge(app)


@asynccontextmanager
async def _connected(app: FastAPI) -> AsyncIterator[None]:
    """What the edge and the endpoints need of the running process."""
    settings: Settings = app.state.settings
    state = app.state
    state.table, state.upstreams = Table(), Upstreams(settings)
    state.watch = readiness.Watch(state.database, state.upstreams)
    state.mint = Mint(settings.token_private_key.get_secret_value())
    state.reference = Reference(state.upstreams, state.mint, state.table)
    directory, refusals = Directory(state.database), Refusals(state.database)
    admission = Admission(directory, refusals, Peers(settings.anonymous_per_minute))
    state.gate = Gate(admission, Forwarder(state.upstreams, state.mint, settings.body_limit), state.table)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(state.upstreams.close)
        await stack.enter_async_context(writing(refusals))
        await stack.enter_async_context(following(directory, settings, settings.clients_poll_s))
        await stack.enter_async_context(due.working(state.database, retention.EVERY))
        yield


if __name__ == "__main__":
    crmkit.app.serve(create_app, Settings())
