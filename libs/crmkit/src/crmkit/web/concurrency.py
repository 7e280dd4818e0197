"""`ETag`, `If-Match` and `If-None-Match`: the version of a resource, told and asked for."""

import hashlib
from typing import Any, Final

from fastapi import Request, Response
from starlette.responses import StreamingResponse

from crmkit.problems import InvalidHeader, PreconditionFailed

IF_MATCH_HEADER: Final[dict[str, Any]] = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "the ETag of the version to change; 412 when there is a newer one",
    "schema": {"type": "string", "pattern": '^(\\*|"[0-9]+")$'},
}
# `openapi_extra` of an operation that checks it; every PATCH is told to without.
IF_MATCH: Final[dict[str, Any]] = {"parameters": [IF_MATCH_HEADER]}
_OF_304: Final = ("etag", "cache-control", "vary", "content-location")


def tag(response: Response, version: int) -> None:
    """Set the resource's ETag."""
    response.headers["ETag"] = f'"{version}"'


def tagged(request: Request, response: Response) -> Response:
    """The answer to a GET, 304 when the caller has it already; one without a version has a tag made of its bytes."""
    if response.status_code != 200 or isinstance(response, StreamingResponse):
        return response
    if "etag" not in response.headers:
        response.headers["ETag"] = f'"{hashlib.blake2b(response.body, digest_size=12).hexdigest()}"'
    held = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if "*" not in held and response.headers["etag"] not in held:
        return response
    kept = {name: response.headers[name] for name in _OF_304 if name in response.headers}
    return Response(status_code=304, headers=kept)


def check(request: Request, version: int) -> None:
    """Refuse with 412 when `If-Match` names other versions than the present one; 400 when it cannot be read."""
    value = request.headers.get("if-match")
    if value is None or value.strip() == "*":
        return
    tags = [part.strip() for part in value.split(",")]
    if not all(len(part) > 2 and part[0] == part[-1] == '"' for part in tags):
        raise InvalidHeader('If-Match takes the ETag as it was given, such as "3".')
    if f'"{version}"' not in tags:
        raise PreconditionFailed(f"The present version is {version}; read it again and repeat the change.")
