"""What can be wrong with a client."""

from uuid import UUID

from crmkit.problems import Conflict, NotFound


class ClientNotFound(NotFound):
    def __init__(self, client_id: UUID) -> None:
        super().__init__(f"There is no client {client_id}, or it was revoked.")


class ClientNameTaken(Conflict):
    code, title = "client_name_taken", "Another client has this name"

    def __init__(self, name: str, existing_id: UUID | None) -> None:
        super().__init__(f"The name {name!r} is taken.", existing_id=existing_id)
