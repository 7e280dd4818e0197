"""Refusals that every noun here shares."""

from fastapi import FastAPI, Request, Response

from crmkit.data.contact_points import Unreadable
from crmkit.problems import Invalid
from crmkit.web import faults


class UnreadableIdentifier(Invalid):
    code, title = "unreadable_identifier", "An identifier is not what it claims to be"


def install(app: FastAPI) -> None:
    """Answer `Unreadable` with 422, wherever it was raised."""
    app.add_exception_handler(Unreadable, _answer)


def _answer(request: Request, error: Exception) -> Response:
    return faults.respond(UnreadableIdentifier(str(error)), request.url.path)
