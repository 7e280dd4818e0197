"""The segment feed: each customer's tier and value."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.projections import repository
from callcenter.projections.repository import ScoreRow
from crmkit.data.db import driver
from crmkit.events.cloudevents import Event, type_name
from crmkit.events.consumers import Consumer

SCORE_CHANGED: Final = type_name("score", "changed")
MODEL: Final = "default"


class PyramidData(msgspec.Struct, frozen=True):
    tier: str | None = None


class ScoreData(msgspec.Struct, frozen=True):
    """The class and the value of a customer, as far as the model gave them; a trial model changes nobody's tier."""

    customer_id: UUID
    computed_at: datetime
    model: str = MODEL
    pyramid: PyramidData | None = None
    clv: dict[str, Any] | None = None

    def row(self) -> ScoreRow:
        tier = self.pyramid.tier if self.pyramid else None
        return ScoreRow(customer_id=self.customer_id, tier=tier, clv=self.clv, computed_at=self.computed_at)


async def apply(session: AsyncSession, events: list[Event]) -> None:
    """Keep the newest score of each customer."""
    scores = [event.read(ScoreData) for event in events if event.type == SCORE_CHANGED]
    last = {score.customer_id: score.row() for score in scores if score.model == MODEL}
    if last:
        await repository.keep_scores(await driver(session), list(last.values()))


CONSUMER: Final = Consumer(feed="segment", apply=apply)
