"""What Postgres writes of a score is what the schema promises."""

import pytest

from crmkit.data import db
from crmkit.testing import document_keys
from segment.next_purchases.schemas import NextPurchase
from segment.scores.schemas import Score

RUN = "null::scoring_runs, null::scoring_models"


@pytest.mark.parametrize(
    ("function", "of", "schema"),
    [
        ("score_document", f"scores, {RUN}", Score),
        ("next_purchase_document", f"next_purchases, null, null, null, {RUN}", NextPurchase),
    ],
)
async def test_a_document_has_the_members_of_its_schema(session, function, of, schema):
    assert await document_keys(await db.driver(session), function, of) == set(schema.model_fields)
