"""The route class behind every endpoint: strict parameters, one retry, replayed answers, masked personal data."""

import json
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar, get_args, get_origin
from urllib.parse import unquote

import msgspec
from fastapi import APIRouter, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response, StreamingResponse
from starlette.routing import Match
from starlette.types import Scope

from crmkit.data import db
from crmkit.data.masking import Masker
from crmkit.problems import FieldError, Invalid, Unavailable, UnsupportedMediaType
from crmkit.web import concurrency, idempotency, media, unstorable
from crmkit.web.auth import ADMIN, Principal, sees_personal_data

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

# The ways to say who calls, by their names in the document.
SCHEMES: Final = ("bearer", "api_key")
READING: Final = frozenset({"GET", "HEAD"})


class JsonRequest(Request):
    """A request whose JSON is read by msgspec: fast, and without what JSON and Postgres do not have (NaN, half pairs).

    A surrogate without its other half passes the standard library and then breaks whatever encodes it.
    """

    async def json(self) -> Any:
        body = await self.body()
        try:
            return msgspec.json.decode(unstorable.halves_marked(body) if self.by_item else body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from error

    @property
    def by_item(self) -> bool:
        """Whether a bad item leaves the others as they are."""
        path: str = self.scope["path"]
        return path.endswith("/batch")


class Route(APIRoute):
    """A FastAPI route with the habits of the API.

    scope: what its caller must hold; the document's `security` says so too.
    """

    noun = ""
    scope: str

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As it was sent where the path holds an external id: a `%2F` in one is no end of a path's part."""
        raw = scope.get("raw_path") or b""
        if b"/ext:" not in raw:
            return super().matches(scope)
        found, child = super().matches({**scope, "path": raw.decode("latin-1")})
        named = child.get("path_params", {})
        return found, {**child, "path_params": {name: _unquoted(value) for name, value in named.items()}}

    def get_route_handler(self) -> Handler:
        handle = super().get_route_handler()
        self.scope = scope = getattr(self.endpoint, "takes_scope", "") or self._usual_scope()
        security = [{scheme: [], "granted": [scope]} for scheme in SCHEMES]
        self.openapi_extra = {"security": security, **(self.openapi_extra or {})}
        known = _query_parameters(self.dependant)
        takes_body = self.body_field is not None

        async def handler(request: Request) -> Response:
            request.state.principal.need(scope)
            _refuse_parameters(request, known)
            if takes_body:
                request = read = JsonRequest(request.scope, request.receive)
                await _refuse_media_type(request)
                if not read.by_item:
                    unstorable.refuse(await request.body())
            response = _masked(request, await _answer(handle, request))
            return concurrency.tagged(request, response) if request.method == "GET" else response

        return handler

    def _usual_scope(self) -> str:
        if ":" in self.noun or self.noun == ADMIN:
            return self.noun
        return f"{self.noun}:{'read' if (self.methods or set()) <= READING else 'write'}"


def _unquoted(value: Any) -> Any:
    return unquote(value) if isinstance(value, str) else value


def router(*, tags: list[str], scope: str, route_class: type[Route] = Route) -> APIRouter:
    """A router of `/v1` whose endpoints keep the API's habits.

    scope: a noun, of which reading takes `{noun}:read` and all else `{noun}:write`; or one scope for everything.
    """
    scoped = type(route_class.__name__, (route_class,), {"noun": scope})
    return APIRouter(prefix="/v1", tags=list(tags), route_class=scoped)


def takes(scope: str) -> Callable[[Endpoint], Endpoint]:
    """Decorate an endpoint, below its route, that takes another scope than its router's."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.takes_scope = scope  # type: ignore[attr-defined]
        return endpoint

    return mark


async def _answer(handle: Handler, request: Request) -> Response:
    try:
        try:
            return await _once(handle, request)
        except Exception as error:
            # A body that was streamed is gone.
            if not db.is_retryable(error) or getattr(request.state, "streamed", False):
                raise
            await _roll_back(request)
            return await _once(handle, request)
    except idempotency.Replayed as kept:
        return kept.response
    except Exception as error:
        if db.is_retryable(error):
            raise Unavailable("Others were changing the same things; send the request again.") from error
        raise


async def _once(handle: Handler, request: Request) -> Response:
    return await idempotency.kept(request, await handle(request))


async def _roll_back(request: Request) -> None:
    session: AsyncSession | None = getattr(request.state, "session", None)
    if session is not None:
        await session.rollback()


def _query_parameters(dependant: Dependant) -> dict[str, bool]:
    """The names of the query, and whether each may be repeated."""
    known: dict[str, bool] = {}
    for field in dependant.query_params:
        members = getattr(field.field_info.annotation, "model_fields", None) or {field.alias: field.field_info}
        known |= {member.alias or name: _takes_many(member.annotation) for name, member in members.items()}
    for inner in dependant.dependencies:
        known |= _query_parameters(inner)
    return known


def _takes_many(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_takes_many(kind) for kind in get_args(annotation))


def _refuse_parameters(request: Request, known: Mapping[str, bool]) -> None:
    """Refuse what the path or query cannot hold, what the query does not have, and what was given twice."""
    if "\0" in request.scope["path"]:
        raise Invalid("/path: a NUL character", errors=[FieldError("/path", "a NUL character", "unstorable")])
    if not request.scope["query_string"]:
        return
    takes = f"Known here: {', '.join(sorted(known))}." if known else "This path takes none."
    given = Counter(name for name, _ in request.query_params.multi_items())
    errors = (
        [
            FieldError(f"/query/{name}", f"Unknown query parameter. {takes}", "unknown_field")
            for name in given
            if name not in known
        ]
        + [
            FieldError(f"/query/{name}", "This query parameter is given once.", "repeated")
            for name, count in given.items()
            if count > 1 and not known.get(name, True)
        ]
        + [
            FieldError(f"/query/{name}", "It holds a NUL character.", "unstorable")
            for name, value in request.query_params.multi_items()
            if "\0" in value and name != "cursor"  # which is ours or cannot be read: 400
        ]
    )
    if errors:
        raise Invalid(f"{errors[0].pointer}: {errors[0].detail}", errors=errors)


async def _refuse_media_type(request: Request) -> None:
    if not media.is_json(request.headers.get("content-type", "")) and await request.body():
        raise UnsupportedMediaType("Send the body as application/json.")


def _masked(request: Request, response: Response) -> Response:
    masker: Masker | None = getattr(request.app.state, "masker", None)
    if masker is None or not masker.fields or isinstance(response, StreamingResponse) or not response.body:
        return response
    principal: Principal | None = getattr(request.state, "principal", None)
    if (principal is not None and sees_personal_data(principal)) or not media.is_json(
        response.headers.get("content-type", "")
    ):
        return response
    response.body = masker.json(bytes(response.body))
    response.headers["content-length"] = str(len(response.body))
    return response
