"""Offers: made one by one or in batches, changed, archived, never deleted."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from campaign.lookups import found, tell
from campaign.offers import repository
from campaign.offers.errors import OfferArchived, OfferInvalid, OfferNotFound
from campaign.offers.models import OfferRow
from campaign.offers.rules import OfferKind
from campaign.offers.schemas import NewOffer, OfferPatch, check_period, check_values
from crmkit.data import audit
from crmkit.problems import FieldError, Invalid, UnknownReference
from crmkit.web import batches
from crmkit.web.batches import BatchResult, Effect, Outcome
from crmkit.web.told import Told


async def create_offer(session: AsyncSession, new: NewOffer, *, currency: str) -> tuple[UUID, Told]:
    """Raises: UnknownReference (422) for a sponsor that is not there."""
    if unknown := await _unknown_sponsors(session, [new]):
        raise _unknown_sponsor(unknown.pop())
    (row,) = await repository.insert_offers(session, [new], currency)
    await audit.record(session, "create_offer", f"/v1/offers/{row.id}")
    return row.id, await tell(session, "offer", "created", row)


async def create_offers(session: AsyncSession, items: Sequence[Any], *, currency: str) -> list[BatchResult]:
    """Make the valid ones together; a result per item, in order."""
    checked = [_checked(item) for item in items]
    unknown = await _unknown_sponsors(session, [each for each in checked if isinstance(each, NewOffer)])
    valid = [each for each in checked if isinstance(each, NewOffer) and each.sponsor_id not in unknown]
    rows = await repository.insert_offers(session, valid, currency) if valid else []
    made = [row.id for row in rows]
    await repository.tell_created(session, made)
    ids = iter(made)
    return [_result(each, unknown, ids) for each in checked]


async def get_offer(session: AsyncSession, offer_id: UUID, *, lock: bool = False) -> OfferRow:
    """Raises: OfferNotFound (404)."""
    return found(await session.get(OfferRow, offer_id, with_for_update=lock), OfferNotFound, offer_id)


async def change_offer(session: AsyncSession, row: OfferRow, patch: OfferPatch) -> Told:
    """Raises: OfferArchived (409), OfferInvalid (422) when the changed offer would not agree with itself."""
    if row.archived_at is not None:
        raise OfferArchived("An archived offer stays as it was.")
    kind, given = OfferKind(row.kind), patch.model_fields_set
    try:
        if given & {"percent", "amount"}:
            check_values(kind, patch.percent, patch.amount)
            row.value = repository.stored_value(kind, patch.percent, patch.amount)
        if "ladder" in given:
            for step in patch.ladder:
                check_values(kind, step.percent, step.amount)
            row.ladder = repository.stored_ladder(patch.ladder)
        for name in given & {"name", "regular_amount", "starts_at", "ends_at"}:
            setattr(row, name, getattr(patch, name))
        check_period(row.starts_at, row.ends_at)
    except ValueError as error:
        raise OfferInvalid(f"{error}.") from error
    await audit.record(session, "patch_offer", f"/v1/offers/{row.id}")
    return await _changed(session, row, "updated")


async def archive_offer(session: AsyncSession, row: OfferRow) -> None:
    """No list picks it from now on; coupons that were issued stay good."""
    if row.archived_at is None:
        row.archived_at = datetime.now(UTC)
        await audit.record(session, "archive_offer", f"/v1/offers/{row.id}")
        await _changed(session, row, "archived")


def _checked(item: Any) -> NewOffer | BatchResult:
    try:
        return batches.read_item(NewOffer, item)
    except Invalid as problem:
        return batches.refused(problem)


def _result(checked: NewOffer | BatchResult, unknown: set[UUID | None], made: Iterator[UUID]) -> BatchResult:
    if isinstance(checked, BatchResult):
        return checked
    if checked.sponsor_id in unknown:
        return batches.refused(_unknown_sponsor(checked.sponsor_id))
    return batches.result(Outcome(next(made), Effect.CREATED))


def _unknown_sponsor(sponsor_id: UUID | None) -> UnknownReference:
    errors = [FieldError("/sponsor_id", f"There is no sponsor {sponsor_id}.")]
    return UnknownReference(f"{errors[0].pointer}: {errors[0].detail}", errors=errors)


async def _unknown_sponsors(session: AsyncSession, offers: Sequence[NewOffer]) -> set[UUID | None]:
    named = {offer.sponsor_id for offer in offers if offer.sponsor_id is not None}
    return set(named - await repository.known_sponsors(session, named)) if named else set()


async def _changed(session: AsyncSession, row: OfferRow, verb: str) -> Told:
    row.version += 1
    row.updated_at = datetime.now(UTC)
    return await tell(session, "offer", verb, row)
