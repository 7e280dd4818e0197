from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.slas import repository, rules
from callcenter.slas.rules import Priority
from crmkit.data.db import driver

OFFICE_HOURS = "[[540,1020],[540,1020],[540,1020],[540,1020],[540,1020],null,null]"


async def test_the_first_policy_runs_round_the_clock(session: AsyncSession) -> None:
    policy = await repository.default_policy(await driver(session))
    clock = rules.start(datetime(2026, 6, 6, 22, tzinfo=UTC), Priority.URGENT, policy)
    assert clock.first_response_due_at == datetime(2026, 6, 6, 22, 30, tzinfo=UTC)
    assert clock.resolution_due_at == datetime(2026, 6, 7, 2, tzinfo=UTC)


async def test_a_policy_may_keep_office_hours_and_holidays(session: AsyncSession) -> None:
    await session.execute(
        text(
            "update sla_policies set week = cast(:week as json), time_zone = 'America/New_York', holiday_country = 'US'"
        ),
        {"week": OFFICE_HOURS},
    )
    policy = await repository.default_policy(await driver(session))
    before_independence_day = datetime(2026, 7, 2, 20, tzinfo=UTC)
    assert rules.add(before_independence_day, timedelta(hours=2), policy.calendar) == datetime(
        2026, 7, 6, 14, tzinfo=UTC
    )
