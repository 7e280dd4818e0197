"""The columns by which a row says whom it concerns."""

from uuid import UUID

from sqlalchemy import ARRAY, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.references.rules import HandleKind
from callcenter.references.schemas import Customer


class Concerning:
    """Mixed into a noun that concerns a customer."""

    customer_id: Mapped[UUID | None]
    handle_kind: Mapped[str | None]
    handle_value: Mapped[str | None]
    resolution: Mapped[str | None]
    candidates: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))

    @property
    def customer(self) -> Customer | None:
        if self.handle_kind is None or self.handle_value is None:
            return None
        return Customer.model_validate(
            {
                "id": self.customer_id,
                "handle": _handle_json(self.handle_kind, self.handle_value),
                "resolution": self.resolution,
                "candidates": self.candidates,
            }
        )


def _handle_json(kind: str, value: str) -> dict[str, str]:
    if kind != HandleKind.EXTERNAL_ID:
        return {kind: value}
    source, _, external_id = value.partition(":")
    return {"external_id": external_id, "source": source}
