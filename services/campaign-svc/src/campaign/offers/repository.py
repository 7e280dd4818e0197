"""Queries over offers."""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Text, Uuid, any_, insert, literal, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.ids import make_ids
from campaign.offers.models import OfferRow
from campaign.offers.rules import PERCENT, LadderStep, OfferKind, Target, Terms
from campaign.offers.schemas import LadderStep as LadderStepShape
from campaign.offers.schemas import NewOffer, Offer, OfferQuery
from campaign.sponsors.models import SponsorRow
from crmkit.data import db
from crmkit.events import outbox
from crmkit.web import lists

DOCUMENT: Final = literal_column("offer_document(offers)::text", Text).label("document")
OFFERS: Final = lists.List(
    select(DOCUMENT).select_from(OfferRow),
    OfferQuery,
    columns=OfferRow.__table__.c,
    named={"archived": lambda wanted: OfferRow.archived_at.is_not(None) if wanted else OfferRow.archived_at.is_(None)},
    model=Offer,
    document=DOCUMENT,
)

_TELL: Final = f"""
with told as (
    {outbox.telling("offer", "'created'", rows="offers where id = any($2)", document="offer_document(offers)")}
)
insert into audit (actor, action, resource, request_id)
select ($1::text[])[1], 'create_offer', '/v1/offers/' || id, ($1)[2] from unnest($2::uuid[]) as made (id)
"""


async def insert_offers(session: AsyncSession, offers: Sequence[NewOffer], currency: str) -> list[OfferRow]:
    """Insert as one statement; the rows in the order of the offers."""
    # To give rows in order, SQLAlchemy would insert one by one; the ids rise, so sorting by them does.
    ids = await make_ids(await db.driver(session), len(offers))
    rows = [_columns(offer, currency) | {"id": id} for offer, id in zip(offers, ids, strict=True)]
    made = await session.scalars(insert(OfferRow).returning(OfferRow), rows)
    return sorted(made, key=lambda row: row.id)


async def tell_created(session: AsyncSession, ids: Sequence[UUID]) -> None:
    """The events of offers made together, and an audit entry of each."""
    await session.flush()
    await (await db.driver(session)).execute(_TELL, outbox.origin(), ids)


async def known_sponsors(session: AsyncSession, ids: Collection[UUID]) -> set[UUID]:
    """Those of the ids that a current sponsor has."""
    query = select(SponsorRow.id).where(SponsorRow.id.in_(ids), SponsorRow.archived_at.is_(None))
    return set(await session.scalars(query))


async def find_current(session: AsyncSession, ids: Collection[UUID] | None, *, currency: str) -> list[Terms]:
    """The terms of current offers in a currency: those named, or all."""
    query = select(OfferRow).where(OfferRow.archived_at.is_(None), OfferRow.currency == currency)
    if ids is not None:
        query = query.where(among(ids))
    return [terms_of(row) for row in await session.scalars(query)]


async def names(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, str]:
    rows = await session.execute(select(OfferRow.id, OfferRow.name).where(among(ids)))
    return {row.id: row.name for row in rows}


def terms_of(row: OfferRow) -> Terms:
    """The offer as the rules see it."""
    kind = OfferKind(row.kind)
    return Terms(
        offer_id=row.id,
        kind=kind,
        value=row.value,
        target=msgspec.convert(row.target, Target),
        ladder=tuple(
            LadderStep(step["group"], stored_value(kind, step["percent"], step["amount"]), step["usage"])
            for step in row.ladder
        ),
        regular_amount=row.regular_amount,
        sponsor_id=row.sponsor_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
    )


def stored_value(kind: OfferKind, percent: Decimal | float | None, amount: int | None) -> int:
    """Basis points of a percentage, else minor units."""
    value = round(Decimal(str(percent)) * PERCENT) if kind is OfferKind.PERCENTAGE else amount
    assert value is not None
    return value


def stored_ladder(steps: Sequence[LadderStepShape]) -> list[dict[str, object]]:
    return [step.model_dump(mode="json") for step in steps]


def among(ids: Collection[UUID]) -> ColumnElement[bool]:
    """As one array: a statement takes no more than 32,767 parameters."""
    return OfferRow.id == any_(literal(list(ids), ARRAY(Uuid)))


def _columns(offer: NewOffer, currency: str) -> dict[str, object]:
    return offer.model_dump(exclude={"percent", "amount", "target", "ladder"}) | {
        "value": stored_value(offer.kind, offer.percent, offer.amount),
        "kind": offer.kind.value,
        "currency": offer.currency or currency,
        "target": offer.target.model_dump(mode="json", exclude_none=True),
        "ladder": stored_ladder(offer.ladder),
    }
