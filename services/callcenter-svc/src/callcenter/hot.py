"""The route of a hot request: its body is read and its endpoint called, with nothing between."""

import json
from typing import Any, get_type_hints

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from crmkit.problems import InvalidJson
from crmkit.routing import Handler, Route


class _Direct(APIRoute):
    """Calls `endpoint(body, request)`; FastAPI's resolution of parameters costs more than the ticket's own work."""

    def get_route_handler(self) -> Handler:
        endpoint = self.endpoint
        adapter: TypeAdapter[Any] = TypeAdapter(get_type_hints(endpoint)["body"])

        async def handle(request: Request) -> Response:
            try:
                body = adapter.validate_python(await request.json())
            except json.JSONDecodeError as error:
                raise InvalidJson("The body is not valid JSON.") from error
            except ValidationError as error:
                raise RequestValidationError([e | {"loc": ("body", *e["loc"])} for e in error.errors()]) from error
            response: Response = await endpoint(body, request)
            return response

        return handle


class _HotRoute(Route, _Direct):
    """The API's habits around a direct call."""


def router(*, tags: list[str]) -> APIRouter:
    """A router whose endpoints take just (body, request) and answer with a Response."""
    return APIRouter(prefix="/v1", tags=list(tags), route_class=_HotRoute)
