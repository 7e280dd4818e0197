"""Campaigns: planned as drafts, launched, paused, ended."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns import repository
from campaign.campaigns.errors import (
    BudgetCommitted,
    CampaignInvalid,
    CampaignNotFound,
    CampaignNotLaunched,
    CampaignState,
    CurrencyMismatch,
)
from campaign.campaigns.models import BudgetRow, CampaignRow
from campaign.campaigns.rules import CampaignStatus, may_move
from campaign.campaigns.schemas import CampaignPatch, NewCampaign
from campaign.lookups import found, tell
from crmkit.data import audit
from crmkit.problems import FieldError, UnknownReference
from crmkit.web.told import Told

LASTING: Final = frozenset({"name", "goal", "ends_at", "budget_amount"})


async def create_campaign(session: AsyncSession, new: NewCampaign, *, currency: str) -> tuple[UUID, Told]:
    """Raises: UnknownReference (422) for an offer that is not there, CurrencyMismatch (422)."""
    await _check_offers(session, new.offer_ids, new.currency or currency)
    values = new.model_dump(exclude={"budget_amount", "audience"})
    row = CampaignRow(**values | {"currency": new.currency or currency, "audience": new.audience.model_dump()})
    session.add(row)
    await session.flush()
    await session.refresh(row)
    await repository.grant(session, row.id, new.budget_amount)
    await audit.record(session, "create_campaign", f"/v1/campaigns/{row.id}")
    return row.id, await tell(session, "campaign", "created", row)


async def get_campaign(session: AsyncSession, campaign_id: UUID, *, lock: bool = False) -> CampaignRow:
    """Raises: CampaignNotFound (404)."""
    row = await session.get(CampaignRow, campaign_id, with_for_update=lock)
    return found(row, CampaignNotFound, campaign_id)


async def hold_launched(session: AsyncSession, campaign_id: UUID) -> CampaignRow:
    """A launched campaign, which pausing and ending wait for until the transaction is over.

    Raises: CampaignNotFound (404), CampaignNotLaunched (409).
    """
    row = await _hold(session, campaign_id)
    if row.status != CampaignStatus.LAUNCHED:
        raise CampaignNotLaunched(f"The campaign is {row.status}.")
    return row


async def hold_lasting(session: AsyncSession, campaign_id: UUID) -> CampaignRow:
    """A campaign in any state but the last, which ending waits for until the transaction is over.

    Raises: CampaignNotFound (404), CampaignState (409).
    """
    row = await _hold(session, campaign_id)
    if row.status == CampaignStatus.ENDED:
        raise CampaignState("A campaign that has ended gets no new coupons.")
    return row


async def get_budget(session: AsyncSession, campaign_id: UUID) -> BudgetRow:
    """Raises: CampaignNotFound (404)."""
    return found(await session.get(BudgetRow, campaign_id), CampaignNotFound, campaign_id)


async def change_campaign(session: AsyncSession, row: CampaignRow, patch: CampaignPatch) -> Told:
    """Raises: CampaignState (409) after launch, BudgetCommitted (409), CampaignInvalid (422), as create_campaign."""
    given = patch.model_fields_set
    if row.status != CampaignStatus.DRAFT and given - LASTING:
        raise CampaignState(f"Only a draft may change {', '.join(sorted(given - LASTING))}.")
    if "offer_ids" in given:
        await _check_offers(session, patch.offer_ids, row.currency)
    for name in given - {"budget_amount", "audience"}:
        setattr(row, name, getattr(patch, name))
    if "audience" in given:
        # RFC 7396 goes into objects; a rule that is null is one that is not there.
        row.audience = row.audience | patch.audience.model_dump(exclude_unset=True)
    if row.starts_at >= row.ends_at:
        raise CampaignInvalid("starts_at must be before ends_at.")
    if "budget_amount" in given and not await repository.regrant(session, row.id, patch.budget_amount):
        raise BudgetCommitted("Grant at least what is reserved and spent.")
    await audit.record(session, "patch_campaign", f"/v1/campaigns/{row.id}", ", ".join(sorted(given)))
    return await _changed(session, row, "updated")


async def move_campaign(session: AsyncSession, row: CampaignRow, wanted: CampaignStatus) -> Told:
    """Raises: CampaignState (409) when that status cannot follow the present one."""
    if not may_move(CampaignStatus(row.status), wanted):
        raise CampaignState(f"A campaign that is {row.status} cannot become {wanted}.")
    row.status = wanted
    if wanted is CampaignStatus.LAUNCHED:
        row.launched_at = row.launched_at or datetime.now(UTC)
    await audit.record(session, f"{wanted}_campaign", f"/v1/campaigns/{row.id}")
    return await _changed(session, row, wanted)


async def _hold(session: AsyncSession, campaign_id: UUID) -> CampaignRow:
    row = await session.get(CampaignRow, campaign_id, with_for_update={"read": True})
    return found(row, CampaignNotFound, campaign_id)


async def _check_offers(session: AsyncSession, ids: list[UUID] | None, currency: str) -> None:
    if ids is None:
        return
    currencies = await repository.find_currencies(session, set(ids))
    if len(currencies) != len(set(ids)):
        raise UnknownReference(errors=[FieldError("/offer_ids", "Not all of these are offers.")])
    if set(currencies) != {currency}:
        raise CurrencyMismatch(errors=[FieldError("/offer_ids", f"Not all of these are in {currency}.")])


async def _changed(session: AsyncSession, row: CampaignRow, verb: str) -> Told:
    row.version += 1
    row.updated_at = datetime.now(UTC)
    return await tell(session, "campaign", verb, row)
