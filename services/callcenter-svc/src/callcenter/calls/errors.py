"""Refusals about calls."""

from uuid import UUID

from crmkit.problems import NotFound


class CallNotFound(NotFound):
    code, title = "call_not_found", "There is no such call"

    def __init__(self, id_: UUID) -> None:
        super().__init__(f"No call has the id {id_}.")
