"""The OpenAPI document of every service, and of all of them together, from their code alone."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from crmkit.web import openapi
from gateway.reference.merging import merge
from gateway.routing import GATEWAY, SERVICES, Table

PACKAGES: Final = (*SERVICES, GATEWAY)


def files() -> Mapping[str, bytes]:
    """`<service>.openapi.json` by name, and `perennial.openapi.json`, which the gateway makes of them."""
    documents = {package: document(package) for package in PACKAGES}
    whole = {"perennial": merge(documents, [], Table())}
    return {f"{name}.openapi.json": openapi.encoded(each) for name, each in (documents | whole).items()}


def document(package: str) -> openapi.Document:
    """What the service answers to those who come through the gateway; no process and no database is needed."""
    settings = import_module(f"{package}.settings").Settings(database_url="postgresql://nobody@127.0.0.1/nowhere")
    made = import_module(f"{package}.main").create_app(settings)
    app: openapi.Api = getattr(made, "app", made)  # the gateway's app stands behind its door
    return app.openapi()
