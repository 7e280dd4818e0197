from decimal import Decimal

import pytest

from callcenter.surveys import rules
from callcenter.surveys.rules import SurveyClass, SurveyKind


@pytest.mark.parametrize(
    ("perceived", "expected", "found"),
    [
        ("0.05", "1", SurveyClass.VERY_DISSATISFIED),
        ("0.0501", "1", SurveyClass.DISSATISFIED),
        ("9.4999", "10", SurveyClass.DISSATISFIED),
        ("9.5", "10", SurveyClass.SATISFIED),
        ("10.5", "10", SurveyClass.SATISFIED),
        ("10.5001", "10", SurveyClass.HIGHLY_SATISFIED),
    ],
)
def test_satisfaction_is_the_performance_perceived_over_the_one_expected(
    perceived: str, expected: str, found: SurveyClass
) -> None:
    assert rules.class_of_performance(Decimal(perceived), Decimal(expected)) is found


@pytest.mark.parametrize(
    ("kind", "score", "found"),
    [
        (SurveyKind.CSAT, 1, SurveyClass.VERY_DISSATISFIED),
        (SurveyKind.CSAT, 3, SurveyClass.NEUTRAL),
        (SurveyKind.CSAT, 5, SurveyClass.HIGHLY_SATISFIED),
        (SurveyKind.NPS, 6, SurveyClass.DETRACTOR),
        (SurveyKind.NPS, 7, SurveyClass.PASSIVE),
        (SurveyKind.NPS, 9, SurveyClass.PROMOTER),
        (SurveyKind.CES, 3, SurveyClass.DIFFICULT),
        (SurveyKind.CES, 4, SurveyClass.NEUTRAL),
        (SurveyKind.CES, 5, SurveyClass.EASY),
    ],
)
def test_a_score_has_the_class_of_its_scale(kind: SurveyKind, score: int, found: SurveyClass) -> None:
    assert rules.class_of_score(kind, score) is found


@pytest.mark.parametrize(("kind", "score"), [(SurveyKind.CSAT, 0), (SurveyKind.NPS, 11), (SurveyKind.CES, 8)])
def test_a_score_off_its_scale_is_refused(kind: SurveyKind, score: int) -> None:
    with pytest.raises(ValueError, match="is scored from"):
        rules.class_of_score(kind, score)
