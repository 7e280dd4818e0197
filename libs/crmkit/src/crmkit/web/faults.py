"""Every exception that reaches the edge becomes one problem document, in this one place."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

from crmkit.data import db
from crmkit.problems import FAULTS, FieldError, Invalid, InvalidJson, MethodNotAllowed, Problem, Unavailable, of_status
from crmkit.web import media

log = structlog.get_logger()

# A connection that cannot be opened is told by the dialect's own error, which SQLAlchemy does not wrap then.
_OF_DATABASE: Final = (
    DBAPIError, AsyncAdapt_asyncpg_dbapi.Error, asyncpg.PostgresError, asyncpg.InterfaceError, PoolTimeout, OSError,
)  # fmt: skip

_ENDINGS: Final = {
    "_too_short": "too_short",
    "_too_long": "too_long",
    "_type": "wrong_type",
    "_parsing": "wrong_format",
}
_CODES: Final = {
    "extra_forbidden": "unknown_field", "union_tag_not_found": "missing",
    "int_parsing": "wrong_type", "float_parsing": "wrong_type", "bool_parsing": "wrong_type",
    "int_from_float": "wrong_type", "none_required": "wrong_type",
    "string_pattern_mismatch": "wrong_format", "timezone_aware": "wrong_format", "finite_number": "wrong_format",
    "literal_error": "not_one_of", "enum": "not_one_of", "const": "not_one_of", "union_tag_invalid": "not_one_of",
    "greater_than": "too_small", "greater_than_equal": "too_small",
    "less_than": "too_large", "less_than_equal": "too_large", "int_parsing_size": "too_large",
    "decimal_max_digits": "too_large", "decimal_whole_digits": "too_large",
    "decimal_max_places": "too_precise", "multiple_of": "too_precise",
}  # fmt: skip


def install(app: FastAPI) -> None:
    """Register the handlers."""
    for case, handler in _HANDLERS.items():
        app.add_exception_handler(case, handler)


def answer(request: Request, error: Exception) -> Response:
    """What the registered handlers would answer."""
    return next(_HANDLERS[case] for case in type(error).__mro__ if case in _HANDLERS)(request, error)


def respond(problem: Problem, path: str) -> Response:
    """A problem as the answer of a request to `path`."""
    return Response(problem.body(path), problem.status, problem.headers, media.PROBLEM)


def of_exception(error: BaseException) -> Problem:
    """The problem for any exception; unknown ones are logged whole and told as a plain 500."""
    if isinstance(error, Problem):
        return error
    log.error("unhandled_exception", exc_info=error)
    return Problem("The fault is logged under this request_id.")


def of_database(error: BaseException) -> Problem:
    """A lost connection is the moment's fault, the rest is ours: what cannot be stored is refused before."""
    if db.is_transient(error):
        return Unavailable("The database does not answer right now.")
    return of_exception(error)


def field_errors(errors: list[Any]) -> list[FieldError]:
    """Pydantic's error list of a document as JSON pointers: `/lines/0/quantity`."""
    return [FieldError(pointer(e["loc"]), _said(e), _code(e["type"])) for e in errors]


def _said(error: Any) -> str:
    return "unknown field" if error["type"] == "extra_forbidden" else str(error["msg"])


def _code(kind: str) -> str:
    """One of `FAULTS` for one of pydantic's hundred kinds of errors, or for a kind of ours."""
    if kind in FAULTS:
        return kind
    ending = next((code for end, code in _ENDINGS.items() if kind.endswith(end)), "not_valid")
    return _CODES.get(kind, ending)


def pointer(location: Sequence[str | int]) -> str:
    """A place in a document as an RFC 6901 pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _of_problem(request: Request, problem: Problem) -> Response:
    return respond(problem, request.url.path)


def _of_validation(request: Request, error: RequestValidationError) -> Response:
    found = list(error.errors())
    if any(e["type"] == "json_invalid" for e in found):
        return respond(InvalidJson("The body is not valid JSON."), request.url.path)
    # FastAPI says where a value came from first: a pointer into the body needs no `/body`, `/query/limit` stays.
    errors = field_errors([e | {"loc": e["loc"][1:] if e["loc"][:1] == ("body",) else e["loc"]} for e in found])
    detail = f"{errors[0].pointer or 'body'}: {errors[0].detail}" if errors else None
    return respond(Invalid(detail, errors=errors), request.url.path)


def _of_http(request: Request, error: HTTPException) -> Response:
    if error.status_code == MethodNotAllowed.status:
        allowed = ", ".join(sorted(_methods(request)))
        problem: Problem = MethodNotAllowed(f"It takes {allowed}.", headers={"Allow": allowed})
    else:
        problem = of_status(error.status_code, str(error.detail), error.headers)
    return respond(problem, request.url.path)


def _methods(request: Request) -> set[str]:
    """Every method of the path: the router itself only tells those of the first route that has it."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    return {method for route in routes if route.path_regex.match(request.url.path) for method in route.methods or ()}


def _of_database(request: Request, error: Exception) -> Response:
    return respond(of_database(error), request.url.path)


def _of_exception(request: Request, error: Exception) -> Response:
    return respond(of_exception(error), request.url.path)


_HANDLERS: Final[dict[type[Exception], Callable[[Request, Any], Response]]] = {
    Problem: _of_problem,
    RequestValidationError: _of_validation,
    HTTPException: _of_http,
    **dict.fromkeys(_OF_DATABASE, _of_database),
    Exception: _of_exception,
}
