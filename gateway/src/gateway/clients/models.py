"""A client: a program that may call the API, and the digest of its key."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, LargeBinary, String, func
from sqlalchemy.orm import Mapped, mapped_column

from crmkit.data.db import Base


class Client(Base):
    """`version` rises with every change, so that a process that knows the client sees it."""

    __tablename__ = "clients"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.uuidv7())
    name: Mapped[str]
    key_digest: Mapped[bytes] = mapped_column(LargeBinary)
    key_hint: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    requests_per_minute: Mapped[int]
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
