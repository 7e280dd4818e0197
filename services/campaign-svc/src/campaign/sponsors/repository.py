"""Queries over sponsors."""

from typing import Final
from uuid import UUID

from sqlalchemy import Text, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.sponsors.models import SponsorRow
from campaign.sponsors.schemas import Sponsor, SponsorQuery
from crmkit.web import lists

DOCUMENT: Final = literal_column("sponsor_document(sponsors)::text", Text).label("document")
SPONSORS: Final = lists.List(
    select(DOCUMENT).select_from(SponsorRow).where(SponsorRow.archived_at.is_(None)),
    SponsorQuery,
    columns=SponsorRow.__table__.c,
    model=Sponsor,
    document=DOCUMENT,
)


async def find_by_manufacturer(session: AsyncSession, manufacturer_id: str | None) -> UUID | None:
    query = select(SponsorRow.id).where(SponsorRow.manufacturer_id == manufacturer_id)
    found: UUID | None = await session.scalar(query)
    return found
