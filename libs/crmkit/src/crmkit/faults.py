"""Every exception that reaches the edge becomes one problem document, in this one place."""

from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.responses import Response

from crmkit import db
from crmkit.problems import FieldError, Invalid, InvalidJson, Problem, Unavailable, of_status

log = structlog.get_logger()


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(Problem, _of_problem)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _of_validation)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _of_http)  # type: ignore[arg-type]
    for case in (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, PoolTimeout, ConnectionError):
        app.add_exception_handler(case, _of_database)
    app.add_exception_handler(Exception, _of_exception)


def of_exception(error: BaseException) -> Problem:
    """The problem for any exception; unknown ones are logged whole and told as a plain 500."""
    if isinstance(error, Problem):
        return error
    log.error("unhandled_exception", exc_info=error)
    return Problem("The fault is logged under this request_id.")


def of_database(error: BaseException) -> Problem:
    """A value Postgres cannot hold is the caller's, a lost connection the moment's, the rest ours."""
    state = db.sqlstate(error) or ""
    if state.startswith("22") or isinstance(getattr(error, "orig", error).__cause__ or error, asyncpg.DataError):
        return Invalid("A value is out of range or holds a character that cannot be stored (NUL).")
    if db.is_transient(error):
        return Unavailable("The database does not answer right now.")
    return of_exception(error)


def field_errors(errors: list[Any]) -> list[FieldError]:
    """Pydantic's error list of a document as JSON pointers: `/lines/0/quantity`."""
    return [FieldError(_pointer(e["loc"]), str(e["msg"])) for e in errors]


def _pointer(location: Sequence[str | int]) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in location)


def _of_problem(request: Request, problem: Problem) -> Response:
    return problem.response(request.url.path)


def _of_validation(request: Request, error: RequestValidationError) -> Response:
    found = list(error.errors())
    if any(e["type"] == "json_invalid" for e in found):
        return InvalidJson("The body is not valid JSON.").response(request.url.path)
    # FastAPI says where a value came from first: a pointer into the body needs no `/body`, `/query/limit` stays.
    errors = [
        FieldError(_pointer(e["loc"][1:] if e["loc"][:1] == ("body",) else e["loc"]), str(e["msg"])) for e in found
    ]
    detail = f"{errors[0].pointer or 'body'}: {errors[0].detail}" if errors else None
    return Invalid(detail, errors=errors).response(request.url.path)


def _of_http(request: Request, error: HTTPException) -> Response:
    return of_status(error.status_code, str(error.detail), error.headers).response(request.url.path)


def _of_database(request: Request, error: Exception) -> Response:
    return of_database(error).response(request.url.path)


def _of_exception(request: Request, error: Exception) -> Response:
    return of_exception(error).response(request.url.path)
