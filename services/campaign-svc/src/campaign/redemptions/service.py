"""Redemptions after the fact: read, and taken back when the goods come back."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from campaign.lookups import found
from campaign.redemptions import repository
from campaign.redemptions.errors import RedemptionNotFound, RedemptionReversed
from campaign.redemptions.schemas import Redemption
from crmkit.data import audit, db
from crmkit.events import outbox


async def get_redemption(session: AsyncSession, redemption_id: UUID) -> Redemption:
    """Raises: RedemptionNotFound (404)."""
    document = await repository.find_document(await db.driver(session), redemption_id)
    return Redemption.model_validate_json(found(document, RedemptionNotFound, redemption_id))


async def lock_redemption(session: AsyncSession, redemption_id: UUID) -> int:
    """Its present version. Raises: RedemptionNotFound (404)."""
    version = await repository.lock_redemption(await db.driver(session), redemption_id)
    return found(version, RedemptionNotFound, redemption_id)


async def reverse_redemption(session: AsyncSession, redemption_id: UUID) -> Redemption:
    """Give the coupon and the budget of a locked redemption back. Raises: RedemptionReversed (409)."""
    connection = await db.driver(session)
    document = await repository.reverse(connection, redemption_id, outbox.context_values())
    if document is None:
        raise RedemptionReversed("A redemption is given back once.")
    await audit.record(session, "reverse_redemption", f"/v1/redemptions/{redemption_id}")
    return Redemption.model_validate_json(document)
