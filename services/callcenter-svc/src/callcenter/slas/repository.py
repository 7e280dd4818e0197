"""The service-level policy, as the table holds it."""

from collections.abc import Container, Mapping
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg
import holidays
import msgspec

from callcenter.slas.rules import Calendar, Hours, Policy, Priority, Target

DEFAULT: Final = "select time_zone, week::text, holiday_country, targets::text from sla_policies where is_default"


class _Minutes(msgspec.Struct):
    first_response: int
    resolution: int


async def default_policy(connection: asyncpg.Connection) -> Policy:
    """The policy every ticket is held to."""
    return policy_of(await connection.fetchrow(DEFAULT))


def policy_of(row: Mapping[str, str]) -> Policy:
    """The policy a row of `sla_policies` describes."""
    targets = msgspec.json.decode(row["targets"], type=dict[Priority, _Minutes])
    return Policy(
        Calendar(ZoneInfo(row["time_zone"]), _week(row["week"]), _holidays(row["holiday_country"])),
        {
            priority: Target(timedelta(minutes=one.first_response), timedelta(minutes=one.resolution))
            for priority, one in targets.items()
        },
    )


def _week(week: str | None) -> tuple[Hours | None, ...] | None:
    if week is None:
        return None
    days = msgspec.json.decode(week, type=list[tuple[int, int] | None])
    return tuple(Hours(*day) if day else None for day in days)


def _holidays(country: str | None) -> Container[date]:
    return holidays.country_holidays(country) if country else frozenset()
