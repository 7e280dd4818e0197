"""Refusals of the service desk."""

from collections.abc import Sequence

from callcenter.tickets.rules import Action, Status
from crmkit.problems import Conflict, NotFound


class TicketNotFound(NotFound):
    code, title = "ticket_not_found", "There is no such ticket"


class ActionNotAllowed(Conflict):
    code, title = "action_not_allowed", "The ticket's status does not allow this"

    def __init__(self, action: Action, status: Status, allowed: Sequence[Action]) -> None:
        super().__init__(f"A ticket that is {status} cannot {action}.", allowed=list(allowed))


class NoComplaint(Conflict):
    code, title = "no_complaint", "Only a ticket of type complaint has a complaint part"
