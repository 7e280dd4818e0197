"""Queries of scores, each as its document."""

from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Integer, String, Text, Uuid, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from crmkit.web import lists
from segment.scores.schemas import Score, ScoreQuery

_SCORES: Final = """
select score.*, weekly_spend(score, model) as weekly_spend, cell(score) as cell,
    score_document(score, run, model)::text as body
from scores as score
join scoring_runs as run using (run_id)
join scoring_models as model using (model_id)
"""
_KINDS: Final = {
    Uuid: ("run_id", "customer_id"),
    String: ("tier", "abc", "svcd", "stage", "state", "stability", "cell"),
    Integer: ("recency_days",),
    BigInteger: ("order_count", "revenue_amount", "weekly_spend"),
    Text: ("body",),
}
_TYPES: Final = {name: kind for kind, names in _KINDS.items() for name in names}
_COLUMNS: Final = text(_SCORES).columns(**_TYPES).subquery("document").c

_LIST: Final = lists.List(
    select(_COLUMNS.body),
    ScoreQuery,
    columns=_COLUMNS,
    named={"as_of": None, "model": None},
    tie="customer_id",
    model=Score,
    document=_COLUMNS.body,
)


def of_run(run_id: UUID) -> lists.List:
    """The list of a finished run's scores."""
    return _LIST.where(_COLUMNS.run_id == run_id)


async def find_score(session: AsyncSession, run_id: UUID, customer_id: UUID) -> str | None:
    """One customer's document."""
    query = select(_COLUMNS.body).where(_COLUMNS.run_id == run_id, _COLUMNS.customer_id == customer_id)
    return (await session.scalars(query)).one_or_none()
