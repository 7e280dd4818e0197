"""Queries over sponsors."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.sponsors.models import SponsorRow


def current_sponsors() -> Select[SponsorRow]:
    return select(SponsorRow).where(SponsorRow.archived_at.is_(None))


async def find_by_manufacturer(session: AsyncSession, manufacturer_id: str | None) -> UUID | None:
    query = select(SponsorRow.id).where(SponsorRow.manufacturer_id == manufacturer_id)
    found: UUID | None = await session.scalar(query)
    return found
