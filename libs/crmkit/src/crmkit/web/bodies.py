"""What bodies share."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """A body that this API defines: unknown members are refused, so that typos are heard."""

    model_config = ConfigDict(extra="forbid")
