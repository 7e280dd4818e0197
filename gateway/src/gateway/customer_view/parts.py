"""What the 360 view is made of, and which answers make a part."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote
from uuid import UUID

import msgspec

from crmkit.problems import FieldError, Invalid


class Reason(StrEnum):
    """Why a part is not there."""

    FORBIDDEN = "forbidden"
    SERVICE_UNAVAILABLE = "service_unavailable"
    TIMEOUT = "timeout"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Part:
    """One request: `{id}` and `{now}` are filled in.

    listed: the answer is a page, of which the rows are shown; hidden: but not those with one of these states.
    """

    name: str
    target: str
    listed: bool = False
    hidden: frozenset[str] = frozenset()


PROFILE: Final = Part("profile", "/v1/customers/{id}")
OTHERS: Final = (
    Part("scores", "/v1/customers/{id}/scores"),
    Part("shopping_list", "/v1/customers/{id}/shopping-list"),
    Part("coupons", "/v1/coupons?customer_id={id}&status=issued&valid_until_gte={now}&sort=-id&limit=20", listed=True),
    Part("open_tickets", "/v1/customers/{id}/tickets?limit=100", listed=True, hidden=frozenset({"solved", "closed"})),
    Part("timeline", "/v1/customers/{id}/timeline?limit=20", listed=True),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A part as its service gave it; `content` None without a `reason`: there is none for this customer."""

    part: Part
    content: msgspec.Raw | list[msgspec.Raw] | None = None
    reason: Reason | None = None


class Missing(msgspec.Struct, frozen=True):
    part: str
    reason: Reason


class _Rows(msgspec.Struct):
    data: list[msgspec.Raw]


class _State(msgspec.Struct):
    status: str


class _Identity(msgspec.Struct):
    id: str


def target(part: Part, customer_id: str) -> str:
    return part.target.format(id=quote(customer_id, safe=":"), now=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")


def of_response(part: Part, status: int, body: bytes) -> Answer:
    """The part in a service's answer."""
    if status == 404:
        return Answer(part)
    if status == 403:
        return Answer(part, reason=Reason.FORBIDDEN)
    if status in (502, 503, 504):
        return Answer(part, reason=Reason.SERVICE_UNAVAILABLE)
    if status != 200:
        return Answer(part, reason=Reason.ERROR)
    return Answer(part, _rows(part, body) if part.listed else msgspec.Raw(body))


def _rows(part: Part, body: bytes) -> list[msgspec.Raw]:
    rows = msgspec.json.decode(body, type=_Rows).data
    if not part.hidden:
        return rows
    return [row for row in rows if msgspec.json.decode(row, type=_State).status not in part.hidden]


def identity(profile: Answer) -> str | None:
    """The customer's id, which the profile tells of an external id too."""
    if not isinstance(profile.content, msgspec.Raw):
        return None
    return msgspec.json.decode(profile.content, type=_Identity).id


def is_external(customer_id: str) -> bool:
    """Whether this is `ext:{source}:{external_id}`. Raises: Invalid when it is no UUID either."""
    if customer_id.startswith("ext:"):
        return True
    try:
        UUID(customer_id)
    except ValueError as error:
        fault = FieldError("/path/customer_id", "Takes a UUID or ext:{source}:{external_id}.")
        raise Invalid(fault.detail, errors=[fault]) from error
    return False


def document(customer_id: str, answers: list[Answer]) -> bytes:
    """The view as JSON: each part under its name, null when it is not there, and why under `unavailable`."""
    view: dict[str, object] = {"customer_id": customer_id}
    view |= {answer.part.name: answer.content for answer in answers}
    view["unavailable"] = [Missing(a.part.name, a.reason) for a in answers if a.reason is not None]
    return msgspec.json.encode(view)
