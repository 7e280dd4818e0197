"""Scores of finished runs."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from segment.scores import repository
from segment.scores.errors import CustomerNotScored


async def get(session: AsyncSession, run_id: UUID, customer_id: UUID) -> str:
    """A customer's score in a run, as its document. Raises: CustomerNotScored (404)."""
    document = await repository.find_score(session, run_id, customer_id)
    if document is None:
        raise CustomerNotScored(f"Customer {customer_id} is not in scoring run {run_id}.")
    return document
