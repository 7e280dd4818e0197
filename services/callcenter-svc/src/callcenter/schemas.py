"""What bodies of several nouns share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response


class Body(BaseModel):
    """A body this API defines: unknown members are refused."""

    model_config = ConfigDict(extra="forbid")


class Answer(BaseModel):
    """A resource as it is told; most are told by Postgres itself, and this is their published shape."""

    model_config = ConfigDict(from_attributes=True)


@dataclass(frozen=True, slots=True)
class Told:
    """A resource as Postgres has written it, JSON already."""

    document: str
    version: int

    def answer(self, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """The resource as an answer, with its ETag."""
        return Response(self.document, status, {"ETag": f'"{self.version}"', **(headers or {})}, "application/json")


Line = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
Tags = Annotated[list[Name], Field(max_length=50)]


class Money(Body):
    """Minor units of an ISO 4217 currency."""

    amount: Annotated[int, Field(ge=0, le=10**15, strict=True)]
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
