"""Offers: made one by one or in batches, changed, archived, never deleted."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from campaign.lookups import found
from campaign.offers import repository
from campaign.offers.errors import OfferArchived, OfferInvalid, OfferNotFound
from campaign.offers.models import OfferRow
from campaign.offers.rules import OfferKind
from campaign.offers.schemas import (
    ItemProblem,
    NewOffer,
    Offer,
    OfferPatch,
    OfferResult,
    check_period,
    check_values,
)
from crmkit.data import audit
from crmkit.events import outbox
from crmkit.problems import FieldError, Invalid, UnknownReference
from crmkit.web import batches


async def create_offer(session: AsyncSession, new: NewOffer, *, currency: str) -> Offer:
    """Raises: UnknownReference (422) for a sponsor that is not there."""
    if unknown := await _unknown_sponsors(session, [new]):
        raise _unknown_sponsor(unknown.pop())
    (row,) = await repository.insert_offers(session, [new], currency)
    await audit.record(session, "create_offer", f"/v1/offers/{row.id}")
    return await _tell(session, row, "created")


async def create_offers(session: AsyncSession, items: Sequence[Any], *, currency: str) -> list[OfferResult]:
    """Make the valid ones together; a result per item, in order."""
    checked = [_checked(item) for item in items]
    unknown = await _unknown_sponsors(session, [each for each in checked if isinstance(each, NewOffer)])
    valid = [each for each in checked if isinstance(each, NewOffer) and each.sponsor_id not in unknown]
    rows = await repository.insert_offers(session, valid, currency) if valid else []
    offers = [Offer.model_validate(row, from_attributes=True) for row in rows]
    await repository.tell_created(session, offers)
    await repository.record_created(session, offers)
    made = iter(offers)
    return [_result(each, unknown, made) for each in checked]


async def get_offer(session: AsyncSession, offer_id: UUID, *, lock: bool = False) -> OfferRow:
    """Raises: OfferNotFound (404)."""
    return found(await session.get(OfferRow, offer_id, with_for_update=lock), OfferNotFound, offer_id)


async def change_offer(session: AsyncSession, row: OfferRow, patch: OfferPatch) -> Offer:
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


def _checked(item: Any) -> NewOffer | OfferResult:
    try:
        return batches.read_item(NewOffer, item)
    except Invalid as problem:
        return _refused(problem)


def _result(checked: NewOffer | OfferResult, unknown: set[UUID | None], made: Iterator[Offer]) -> OfferResult:
    if isinstance(checked, OfferResult):
        return checked
    if checked.sponsor_id in unknown:
        return _refused(_unknown_sponsor(checked.sponsor_id))
    offer = next(made)
    return OfferResult(status=201, id=offer.id, offer=offer)


def _refused(problem: Invalid) -> OfferResult:
    told = ItemProblem(code=problem.code, detail=problem.detail, errors=list(problem.errors))
    return OfferResult(status=problem.status, problem=told)


def _unknown_sponsor(sponsor_id: UUID | None) -> UnknownReference:
    errors = [FieldError("/sponsor_id", f"There is no sponsor {sponsor_id}.")]
    return UnknownReference(f"{errors[0].pointer}: {errors[0].detail}", errors=errors)


async def _unknown_sponsors(session: AsyncSession, offers: Sequence[NewOffer]) -> set[UUID | None]:
    named = {offer.sponsor_id for offer in offers if offer.sponsor_id is not None}
    return set(named - await repository.known_sponsors(session, named)) if named else set()


async def _changed(session: AsyncSession, row: OfferRow, verb: str) -> Offer:
    row.version += 1
    row.updated_at = datetime.now(UTC)
    return await _tell(session, row, verb)


async def _tell(session: AsyncSession, row: OfferRow, verb: str) -> Offer:
    await session.flush()
    offer = Offer.model_validate(row, from_attributes=True)
    await outbox.emit(session, noun="offer", verb=verb, id=row.id, data=offer)
    return offer
