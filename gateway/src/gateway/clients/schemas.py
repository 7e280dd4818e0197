"""Clients as the API shows and takes them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.access.scopes import Scope

DEFAULT_REQUESTS_PER_MINUTE = 6_000
MOST_REQUESTS_PER_MINUTE = 100_000_000

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", examples=["web-shop"])]
Scopes = Annotated[
    list[Scope],
    Field(min_length=1, max_length=len(Scope), examples=[["customers:read", "tickets:write"]]),
    AfterValidator(lambda scopes: sorted(set(scopes))),
]
RequestsPerMinute = Annotated[int, Field(ge=1, le=MOST_REQUESTS_PER_MINUTE)]


class NewClient(BaseModel):
    """`name` is unique among clients that are not revoked."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    scopes: Scopes
    requests_per_minute: RequestsPerMinute = DEFAULT_REQUESTS_PER_MINUTE


class ClientPatch(BaseModel):
    """A JSON merge patch: what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    # Defaults only make the members optional: what was not sent is never read.
    scopes: Scopes = Field(default_factory=list)
    requests_per_minute: RequestsPerMinute = Field(default_factory=lambda: DEFAULT_REQUESTS_PER_MINUTE)


class ClientOut(BaseModel):
    """A client; of its key only `key_hint` is left."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    key_hint: str = Field(examples=["pk_web-shop_...9f3c"])
    scopes: list[Scope]
    requests_per_minute: int
    version: int
    created_at: datetime
    updated_at: datetime
    revoked_at: datetime | None


class CreatedClient(ClientOut):
    """`key` is shown this once; a replayed answer has null."""

    key: str | None = Field(examples=["pk_web-shop_6e1f..."])
