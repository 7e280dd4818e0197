"""What names one thing in a path: its id, `ext:{source}:{external_id}`, or `no:{number}`.

TicketId = Annotated[UUID, Depends(handles.resolving("ticket", missing=TicketNotFound, ext=BY_EXT, no=BY_NUMBER))]

@router.get("/tickets/{id}/messages")
async def list_ticket_messages(id: TicketId, ...)
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final
from uuid import UUID

from fastapi import Path

from crmkit.data.db import driver
from crmkit.problems import FieldError, Invalid, NotFound
from crmkit.web.sessions import Session

# More than any number that people read to each other, and what a bigint holds.
_DIGITS: Final = 18

Resolve = Callable[[Session, str], Awaitable[UUID]]


def resolving(
    noun: str, *, missing: type[NotFound], ext: str | None = None, no: str | None = None, parameter: str = "id"
) -> Resolve:
    """A dependency: the id that the path's `parameter` means. A malformed one is 422, an unknown handle `missing`.

    ext: SQL that finds the id by source ($1) and external id ($2). no: SQL that finds it by number ($1). Whether
    there is something with an id given as such, the endpoint finds out itself.
    """
    forms = ["a UUID", *(["ext:source:external_id"] if ext else []), *(["no:number"] if no else [])]
    takes = f"the {noun}'s id: {' or '.join(forms)}"

    async def resolve(session: Session, id: Annotated[str, Path(alias=parameter, description=takes)]) -> UUID:
        kind, _, name = id.partition(":")
        source, colon, external_id = name.partition(":")
        if kind == "ext" and ext and colon:
            found = await (await driver(session)).fetchval(ext, source, external_id)
        elif kind == "no" and no and name.isascii() and name.isdigit() and len(name) <= _DIGITS:
            found = await (await driver(session)).fetchval(no, int(name))
        else:
            return _uuid(id, parameter, takes)
        if found is None:
            raise missing(f"No {noun} is known by {id!r}.")
        return UUID(bytes=found.bytes)

    return resolve


def _uuid(id: str, parameter: str, takes: str) -> UUID:
    try:
        return UUID(id)
    except ValueError as error:
        place = f"/path/{parameter}"
        raise Invalid(f"{place}: {takes}", errors=[FieldError(place, takes, "wrong_format")]) from error
