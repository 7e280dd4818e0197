"""Hot routes: found by a look-up, called with their body and nothing between; FastAPI only describes them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, get_type_hints

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from crmkit.problems import InvalidJson
from crmkit.web import faults, routing
from crmkit.web.routing import Handler, Route


class _Direct(APIRoute):
    """Calls `endpoint(body, request)`."""

    def get_route_handler(self) -> Handler:
        endpoint = self.endpoint
        adapter: TypeAdapter[Any] = TypeAdapter(get_type_hints(endpoint)["body"])

        async def handle(request: Request) -> Response:
            try:
                body = adapter.validate_python(await request.json() if await request.body() else None)
            except json.JSONDecodeError as error:
                raise InvalidJson("The body is not valid JSON.") from error
            except ValidationError as error:
                raise RequestValidationError([e | {"loc": ("body", *e["loc"])} for e in error.errors()]) from error
            response: Response = await endpoint(body, request)
            return response

        return handle


class HotRoute(Route, _Direct):
    """The API's habits around a direct call."""


def router(*, tags: list[str], scope: str) -> APIRouter:
    """A router whose endpoints take just (body, request) at a path without parameters, and answer with a Response."""
    return routing.router(tags=tags, scope=scope, route_class=HotRoute)


class Shortcut:
    """Answers hot routes; everything else goes on to FastAPI, whose layers cost more than a ticket's own work."""

    def __init__(self, app: ASGIApp, routes: Iterable[BaseRoute]) -> None:
        self.app = app
        self._routes = _by_path(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        scope["route"], handler = found
        request = Request(scope, receive)
        try:
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - told as it would be by FastAPI
            response = faults.answer(request, error)
        await response(scope, receive, send)


def _by_path(routes: Iterable[BaseRoute]) -> Mapping[tuple[str, str], tuple[HotRoute, Handler]]:
    hot = [route for route in routes if isinstance(route, HotRoute)]
    return {(method, route.path): (route, route.get_route_handler()) for route in hot for method in route.methods or ()}
