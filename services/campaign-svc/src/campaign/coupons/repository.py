"""Queries over coupons, and their making in bulk."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, TypeVar
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import Text, func, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.coupons.models import CouponBatchRow, CouponRow
from campaign.coupons.schemas import Coupon, CouponBatch, CouponBatchQuery, CouponQuery
from campaign.ids import make_ids
from crmkit.data import db
from crmkit.web import lists

T = TypeVar("T")

COUPON: Final = literal_column("coupon_document(coupons)::text", Text).label("document")
COUPONS: Final = lists.List(
    select(COUPON).select_from(CouponRow), CouponQuery, columns=CouponRow.__table__.c, model=Coupon, document=COUPON
)
BATCH: Final = literal_column("coupon_batch_document(coupon_batches)::text", Text).label("document")
BATCHES: Final = lists.List(
    select(BATCH).select_from(CouponBatchRow),
    CouponBatchQuery,
    columns=CouponBatchRow.__table__.c,
    model=CouponBatch,
    document=BATCH,
)

_FIND: Final = text("select coupon_id from coupon_codes where code = :code")
_ISSUED: Final = text(
    "update coupon_batches set issued_count = issued_count + :count, version = version + 1 where id = :id"
)
_CODE_KEYS: Final = frozenset({"coupon_codes_pkey", "list_codes_pkey"})
_COLUMNS: Final = (
    "id", "code", "offer_id", "campaign_id", "shopping_list_id", "batch_id", "customer_id", "value", "valid_from",
    "valid_until",
)  # fmt: skip


class NewCoupon(msgspec.Struct, frozen=True):
    """A coupon to be written, everything but its id known."""

    code: str
    offer_id: UUID
    value: int
    valid_from: datetime
    valid_until: datetime
    campaign_id: UUID | None = None
    shopping_list_id: UUID | None = None
    batch_id: UUID | None = None
    customer_id: UUID | None = None


async def find_by_code(session: AsyncSession, code: str) -> CouponRow | None:
    coupon_id = await session.scalar(_FIND, {"code": code})
    return await session.get(CouponRow, coupon_id) if coupon_id else None


async def make_id(session: AsyncSession) -> UUID:
    return UUID(str(await session.scalar(select(func.uuidv7()))))


async def copy_coupons(connection: asyncpg.Connection, coupons: Sequence[NewCoupon]) -> None:
    """Write coupons and their codes; give them in the order of their codes, which keeps the index's pages warm.

    Raises: asyncpg.UniqueViolationError when a code is taken, of which there is one chance in 10^10 or so.
    """
    ids = await make_ids(connection, len(coupons))
    codes = [(coupon.code, id) for coupon, id in zip(coupons, ids, strict=True)]
    await connection.copy_records_to_table("coupon_codes", records=codes, columns=("code", "coupon_id"))
    rows = [
        (id, c.code, c.offer_id, c.campaign_id, c.shopping_list_id, c.batch_id, c.customer_id, c.value, c.valid_from,
         c.valid_until)
        for c, id in zip(coupons, ids, strict=True)
    ]  # fmt: skip
    await connection.copy_records_to_table("coupons", records=rows, columns=_COLUMNS)


async def with_fresh_codes(session: AsyncSession, make: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
    """What `make` does and gives, done anew when a code that it drew is taken."""
    while True:
        try:
            async with session.begin_nested():
                # Asked for in here: the savepoint is not set before.
                return await make(await db.driver(session))
        except asyncpg.UniqueViolationError as error:
            if db.constraint(error) not in _CODE_KEYS:
                raise


async def count_issued(session: AsyncSession, batch_id: UUID, count: int) -> None:
    await session.execute(_ISSUED, {"id": batch_id, "count": count})
