"""The columns by which a row says whom it concerns."""

from uuid import UUID

from sqlalchemy import Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column


class Concerning:
    """Mixed into a noun that concerns a customer."""

    customer_id: Mapped[UUID | None]
    handle_kind: Mapped[str | None]
    handle_value: Mapped[str | None]
    resolution: Mapped[str | None]
    candidates: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    decided_by: Mapped[str]
