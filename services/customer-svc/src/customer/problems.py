"""Refusals that every noun here shares."""

from fastapi import FastAPI, Request, Response

from crmkit.problems import Invalid
from crmkit.web import faults
from customer.references.rules import Unreadable


class UnreadableIdentifier(Invalid):
    code, title = "unreadable_identifier", "An identifier is not what it claims to be"


def install(app: FastAPI) -> None:
    """Answer `references.rules.Unreadable` with 422, wherever it was raised."""
    app.add_exception_handler(Unreadable, _answer)


def _answer(request: Request, error: Exception) -> Response:
    return faults.respond(UnreadableIdentifier(str(error)), request.url.path)
