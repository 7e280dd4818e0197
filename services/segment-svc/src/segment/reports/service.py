"""Reports: the counted rows in the report's own order, with shares, under the run they were read from."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.data.db import Row
from segment.reports import repository, rules
from segment.reports.rules import TierTotal, share
from segment.reports.schemas import AbcRow, BrandLoyaltyRow, LifecycleRow, PyramidRow, Report, RfmRow, SvcdRow
from segment.scoring_runs import service as scoring_runs


async def read(session: AsyncSession, name: str, *, as_of: date | None, run_id: UUID | None) -> Report[Any]:
    """The report of the run named, of the latest at a date, or of the current one. Raises: NoScores (404)."""
    run = await scoring_runs.get(session, await scoring_runs.finished(session, as_of=as_of, run_id=run_id))
    counted = await repository.read(session, name, run.id)
    return Report(
        report=name.replace("_", "-"),
        run_id=run.id,
        as_of=run.as_of,
        computed_at=run.finished_at or run.created_at,
        model_version=run.model_version,
        currency=run.currency,
        rows=ROWS[name](counted),
    )


def _pyramid(counted: list[Row]) -> list[PyramidRow]:
    tiers = [TierTotal(**row._asdict()) for row in _in_order(counted, "tier", rules.TIERS)]
    every = rules.population(tiers)
    return [
        PyramidRow(
            tier=tier.tier,
            customer_count=tier.customer_count,
            customer_share=share(tier.customer_count, every.customer_count),
            revenue_amount=tier.revenue_amount,
            revenue_share=share(tier.revenue_amount, every.revenue_amount),
            margin_amount=tier.margin_amount,
            margin_share=share(tier.margin_amount, every.margin_amount),
            strategy=rules.STRATEGY[tier.tier],
            relationship=rules.relationship(tier, every),
        )
        for tier in tiers
    ]


def _rfm(counted: list[Row]) -> list[RfmRow]:
    return [RfmRow.model_validate(row, from_attributes=True) for row in counted]


def _abc(counted: list[Row]) -> list[AbcRow]:
    customers, revenue = _total(counted, "customer_count"), _total(counted, "revenue_amount")
    return [
        AbcRow(
            abc=row.abc,
            customer_count=row.customer_count,
            customer_share=share(row.customer_count, customers),
            revenue_amount=row.revenue_amount,
            revenue_share=share(row.revenue_amount, revenue),
            contact=rules.ABC_CONTACT[row.abc],
        )
        for row in _in_order(counted, "abc", rules.CLASSES)
    ]


def _svcd(counted: list[Row]) -> list[SvcdRow]:
    customers, revenue = _total(counted, "customer_count"), _total(counted, "revenue_amount")
    return [
        SvcdRow(
            svcd=row.svcd,
            customer_count=row.customer_count,
            customer_share=share(row.customer_count, customers),
            order_count=row.order_count,
            order_amount=round(row.revenue_amount / row.order_count),
            revenue_amount=row.revenue_amount,
            revenue_share=share(row.revenue_amount, revenue),
            contact=rules.SVCD_CONTACT[row.svcd],
        )
        for row in _in_order(counted, "svcd", rules.SVCD)
    ]


def _lifecycle(counted: list[Row]) -> list[LifecycleRow]:
    customers = _total(counted, "customer_count")
    order = {place: number for number, place in enumerate(rules.STAGES)}
    return [
        LifecycleRow(**row._asdict(), customer_share=share(row.customer_count, customers))
        for row in sorted(counted, key=lambda row: order[row.stage, row.state])
    ]


def _brand_loyalty(counted: list[Row]) -> list[BrandLoyaltyRow]:
    return [
        BrandLoyaltyRow(
            product_category=row.product_category,
            group=row.group,
            usage=row.usage,
            customer_count=row.customer_count,
            customer_share=share(row.customer_count, row.category_customer_count),
            unit_count=row.unit_count,
        )
        for row in counted
    ]


def _in_order(counted: list[Row], name: str, order: Iterable[str]) -> list[Row]:
    places = {value: number for number, value in enumerate(order)}
    return sorted(counted, key=lambda row: places[getattr(row, name)])


def _total(counted: Iterable[Row], name: str) -> int:
    return sum(getattr(row, name) for row in counted)


ROWS: Final[dict[str, Callable[[list[Row]], list[Any]]]] = {
    "pyramid": _pyramid,
    "rfm": _rfm,
    "abc": _abc,
    "svcd": _svcd,
    "lifecycle": _lifecycle,
    "brand_loyalty": _brand_loyalty,
}
