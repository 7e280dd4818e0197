"""The one row that fixes what a deployment is set to."""

from typing import Final

import asyncpg

from customer.deployment.schemas import Deployment

_FIX: Final = """
with fixed as (
    insert into deployment (time_zone, currency, locale) values ($1, $2, $3)
    on conflict do nothing returning time_zone, currency, locale
)
select * from fixed union all select time_zone, currency, locale from deployment limit 1
"""


async def fix(connection: asyncpg.Connection, wanted: Deployment) -> Deployment:
    """Record the settings at the first start; what was recorded first."""
    row = await connection.fetchrow(_FIX, wanted.time_zone, wanted.currency, wanted.locale)
    return Deployment(time_zone=row[0], currency=row[1], locale=row[2])
