"""Queries of scores, each as its document."""

from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Integer, Select, String, Subquery, Text, Uuid, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from segment.scores.schemas import EQUAL, RANGED, ScoreFilter

_OF_RUN: Final = """
select score.*, weekly_spend(score, model) as weekly_spend, cell(score) as cell,
    score_document(score, run, model)::text as body
from scores as score
join scoring_runs as run using (run_id)
join scoring_models as model using (model_id)
where run_id = :run_id
"""
_COLUMNS: Final = {
    "customer_id": Uuid,
    "tier": String,
    "abc": String,
    "svcd": String,
    "stage": String,
    "state": String,
    "stability": String,
    "cell": String,
    "recency_days": Integer,
    "order_count": BigInteger,
    "revenue_amount": BigInteger,
    "weekly_spend": BigInteger,
    "body": Text,
}


def of_run(run_id: UUID) -> Subquery:
    """The scores of a finished run, as documents with the columns that lists filter and sort by."""
    return text(_OF_RUN).bindparams(run_id=run_id).columns(**_COLUMNS).subquery("document")


def list_scores(documents: Subquery, wanted: ScoreFilter) -> Select[tuple[str]]:
    """The documents that pass the filter."""
    columns = documents.c
    query = select(columns.body)
    for name in EQUAL:
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(columns[name] == value)
    for name in RANGED:
        least, limit = getattr(wanted, f"{name}_gte"), getattr(wanted, f"{name}_lt")
        if least is not None:
            query = query.where(columns[name] >= least)
        if limit is not None:
            query = query.where(columns[name] < limit)
    return query


async def find_score(session: AsyncSession, run_id: UUID, customer_id: UUID) -> str | None:
    """One customer's document."""
    documents = of_run(run_id)
    query = select(documents.c.body).where(documents.c.customer_id == customer_id)
    return (await session.scalars(query)).one_or_none()
