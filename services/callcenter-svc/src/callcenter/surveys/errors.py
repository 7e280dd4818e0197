"""Refusals about satisfaction answers."""

from uuid import UUID

from crmkit.problems import FieldError, NotFound, UnknownReference


class SurveyResponseNotFound(NotFound):
    code, title = "survey_response_not_found", "There is no such answer"

    def __init__(self, id_: UUID) -> None:
        super().__init__(f"No survey response has the id {id_}.")


class UnknownTicket(UnknownReference):
    def __init__(self, ticket_id: UUID | None) -> None:
        detail = f"No ticket has the id {ticket_id}."
        super().__init__(detail, errors=[FieldError("/ticket_id", detail)])
