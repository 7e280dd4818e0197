"""Sponsors: made, changed, archived, never deleted."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.lookups import found, tell
from campaign.sponsors import repository
from campaign.sponsors.errors import SponsorExists, SponsorNotFound
from campaign.sponsors.models import SponsorRow
from campaign.sponsors.schemas import NewSponsor, SponsorPatch
from crmkit.data import audit
from crmkit.web.told import Told


async def create_sponsor(session: AsyncSession, new: NewSponsor) -> tuple[UUID, Told]:
    """Raises: SponsorExists (409), naming the one that has the manufacturer_id."""
    row = SponsorRow(**new.model_dump())
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        holder = await repository.find_by_manufacturer(session, new.manufacturer_id)
        raise SponsorExists(existing_id=holder) from error
    await audit.record(session, "create_sponsor", f"/v1/sponsors/{row.id}")
    return row.id, await tell(session, "sponsor", "created", row)


async def get_sponsor(session: AsyncSession, sponsor_id: UUID, *, lock: bool = False) -> SponsorRow:
    """Raises: SponsorNotFound (404)."""
    return found(await session.get(SponsorRow, sponsor_id, with_for_update=lock), SponsorNotFound, sponsor_id)


async def change_sponsor(session: AsyncSession, row: SponsorRow, patch: SponsorPatch) -> Told:
    for name, value in patch.model_dump(exclude_unset=True).items():
        setattr(row, name, value)
    await audit.record(session, "patch_sponsor", f"/v1/sponsors/{row.id}")
    return await _changed(session, row, "updated")


async def archive_sponsor(session: AsyncSession, row: SponsorRow) -> None:
    if row.archived_at is None:
        row.archived_at = datetime.now(UTC)
        await audit.record(session, "archive_sponsor", f"/v1/sponsors/{row.id}")
        await _changed(session, row, "archived")


async def _changed(session: AsyncSession, row: SponsorRow, verb: str) -> Told:
    row.version += 1
    row.updated_at = datetime.now(UTC)
    return await tell(session, "sponsor", verb, row)
