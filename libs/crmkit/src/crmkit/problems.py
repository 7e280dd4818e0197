"""RFC 9457 problems: one class per case, turned into `application/problem+json` in one place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar, Final

import msgspec

from crmkit import context

DOCS = "/docs/problems#"

# What may be wrong with a member: stable, for forms; the sentence beside it is for people.
FAULTS: Final[Mapping[str, str]] = {
    "missing": "it has to be there",
    "unknown_field": "nothing of that name is taken here",
    "repeated": "it is given once",
    "wrong_type": "it is of another JSON type",
    "wrong_format": "it cannot be read as what it is to be (a date, a UUID, a phone number, a pattern)",
    "not_one_of": "it is none of the values there are",
    "too_small": "it is below the least",
    "too_large": "it is above the most",
    "too_short": "it has too few characters or items",
    "too_long": "it has too many characters or items",
    "too_precise": "it has too many decimal places, or is not a multiple of the step",
    "unstorable": "it holds what cannot be stored: a NUL character, half a surrogate pair, nesting without end",
    "unknown_reference": "it names nothing that is known",
    "not_valid": "it does not go with the rest; the sentence says why",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of a body: an RFC 6901 pointer, a sentence, and one of `FAULTS`."""

    pointer: str
    detail: str
    code: str = "not_valid"


class Problem(Exception):
    """A refusal the caller can act on.

    Subclasses fix `status`, `code` (stable, snake_case) and `title`; an instance adds the sentence for this case
    and members of its own (`existing_id`, `candidates`), which appear beside the standard ones.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **members: Any,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.members = members

    def body(self, instance: str) -> bytes:
        """The problem as JSON bytes."""
        document: dict[str, Any] = {
            "type": DOCS + self.code,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            "code": self.code,
            "request_id": context.current().request_id,
        }
        if self.errors:
            document["errors"] = self.errors
        return msgspec.json.encode(document | self.members)


class BadRequest(Problem):
    status, code, title = 400, "bad_request", "The request cannot be read"


class InvalidJson(BadRequest):
    code, title = "invalid_json", "The body is not JSON"


class InvalidCursor(BadRequest):
    code, title = "invalid_cursor", "The cursor is not one of ours"


class InvalidHeader(BadRequest):
    code, title = "invalid_header", "A header cannot be read"


class Unauthenticated(Problem):
    status, code, title = 401, "unauthenticated", "Who is calling is not known"


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "The caller may not do this"


class NotFound(Problem):
    status, code, title = 404, "not_found", "There is nothing here"


class MethodNotAllowed(Problem):
    status, code, title = 405, "method_not_allowed", "This path does not take that method"


class Conflict(Problem):
    status, code, title = 409, "conflict", "The present state does not allow this"


class PreconditionFailed(Problem):
    status, code, title = 412, "precondition_failed", "The resource has changed since it was read"


class BodyTooLarge(Problem):
    status, code, title = 413, "body_too_large", "The body is too large"


class UnsupportedMediaType(Problem):
    status, code, title = 415, "unsupported_media_type", "The body's media type is not taken here"


class Invalid(Problem):
    """422: readable but wrong; `errors` says where."""

    status, code, title = 422, "invalid_request", "The request is readable but wrong"


class UnknownReference(Invalid):
    code, title = "unknown_reference", "A reference names nothing we know"


class AmbiguousReference(Conflict):
    code, title = "ambiguous_reference", "A reference names more than one"


class Unavailable(Problem):
    status, code, title = 503, "service_unavailable", "Try again in a moment"

    def __init__(self, detail: str | None = None, *, retry_after_s: int = 1, **members: Any) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)}, **members)


class HttpError(Problem):
    """What HTTP itself refuses; the status says why."""

    status, code, title = 400, "http_error", "The request is not one that HTTP allows here"

    def __init__(self, status: int, detail: str | None, **members: Any) -> None:
        super().__init__(detail or HTTPStatus(status).phrase, **members)
        self.status = status  # type: ignore[misc]


def of_status(status: int, detail: str | None, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem for a bare HTTP status raised by a library."""
    known = {p.status: p for p in (NotFound, MethodNotAllowed, BodyTooLarge, UnsupportedMediaType, BadRequest)}
    case = known.get(status)
    if case is not None:
        return case(headers=headers)
    return HttpError(status, detail, headers=headers)


def catalogue(service: str) -> list[dict[str, Any]]:
    """Every problem that a service's process can tell: code, status, title, and a sentence where there is one."""
    owners = {"crmkit", service}
    known = {case.code: case for case in reversed(_cases(Problem)) if case.__module__.split(".")[0] in owners}
    return [
        {"code": code, "status": case.status, "title": case.title, "description": case.__dict__.get("__doc__") or ""}
        for code, case in sorted(known.items())
    ]


def _cases(case: type[Problem]) -> list[type[Problem]]:
    """A case before what derives from it."""
    return [case, *(each for derived in case.__subclasses__() for each in _cases(derived))]
