"""What a satisfaction answer says: pure."""

from decimal import Decimal
from enum import StrEnum
from typing import Final


class SurveyKind(StrEnum):
    SATISFACTION = "satisfaction"
    CSAT = "csat"
    NPS = "nps"
    CES = "ces"


class SurveyClass(StrEnum):
    VERY_DISSATISFIED = "very_dissatisfied"
    DISSATISFIED = "dissatisfied"
    NEUTRAL = "neutral"
    SATISFIED = "satisfied"
    HIGHLY_SATISFIED = "highly_satisfied"
    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    EASY = "easy"
    DIFFICULT = "difficult"


SCALES: Final = {SurveyKind.CSAT: (1, 5), SurveyKind.NPS: (0, 10), SurveyKind.CES: (1, 7)}

_CSAT: Final = (
    SurveyClass.VERY_DISSATISFIED,
    SurveyClass.DISSATISFIED,
    SurveyClass.NEUTRAL,
    SurveyClass.SATISFIED,
    SurveyClass.HIGHLY_SATISFIED,
)


def class_of_score(kind: SurveyKind, score: int) -> SurveyClass:
    """The class of a score on the kind's own scale: CSAT 1 to 5, NPS 0 to 10, CES 1 to 7 (7: very easy)."""
    low, high = SCALES[kind]
    if not low <= score <= high:
        raise ValueError(f"{kind} is scored from {low} to {high}")
    if kind is SurveyKind.CSAT:
        return _CSAT[score - 1]
    if kind is SurveyKind.NPS:
        return _three(score, 9, 7, (SurveyClass.PROMOTER, SurveyClass.PASSIVE, SurveyClass.DETRACTOR))
    return _three(score, 5, 4, (SurveyClass.EASY, SurveyClass.NEUTRAL, SurveyClass.DIFFICULT))


def class_of_performance(perceived: Decimal, expected: Decimal) -> SurveyClass:
    """The class of C = perceived / expected, compared without dividing; `expected` is above 0."""
    if perceived <= Decimal("0.05") * expected:
        return SurveyClass.VERY_DISSATISFIED
    if perceived < Decimal("0.95") * expected:
        return SurveyClass.DISSATISFIED
    if perceived <= Decimal("1.05") * expected:
        return SurveyClass.SATISFIED
    return SurveyClass.HIGHLY_SATISFIED


def _three(score: int, upper: int, middle: int, classes: tuple[SurveyClass, SurveyClass, SurveyClass]) -> SurveyClass:
    if score >= upper:
        return classes[0]
    return classes[1] if score >= middle else classes[2]
