"""What bodies and answers of several nouns share."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Answer(BaseModel):
    """A resource as it is told; most are told by Postgres itself, and this is their published shape."""

    model_config = ConfigDict(from_attributes=True)


Line = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=32)]
Tags = Annotated[list[Name], Field(max_length=50)]
