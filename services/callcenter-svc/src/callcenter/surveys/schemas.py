"""Satisfaction answers as they are sent and told."""

from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, PlainSerializer, model_validator

from callcenter.references.schemas import ConcerningQuery, Customer, CustomerRef
from callcenter.schemas import Answer, Text
from callcenter.surveys import rules
from callcenter.surveys.rules import SurveyClass, SurveyKind
from crmkit.data.instants import Instant
from crmkit.web import lists
from crmkit.web.bodies import Body

AsNumber = PlainSerializer(float, return_type=float, when_used="json")
Rating = Annotated[Decimal, Field(ge=0, le=10_000, decimal_places=3, allow_inf_nan=False), AsNumber]


class NewSurveyResponse(Body):
    """An answer about a ticket, or from a customer.

    `satisfaction` is answered by perceived and expected; csat (1 to 5), nps (0 to 10) and ces (1 to 7) by a score.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "satisfaction", "perceived": 8, "expected": 7, "customer": {"card": "tcj-1"}}]
        }
    )

    kind: SurveyKind
    score: Annotated[int, Field(ge=0, le=10, strict=True)] | None = None
    perceived: Rating | None = None
    expected: Annotated[Rating, Field(gt=0)] | None = None
    comment: Text | None = None
    ticket_id: UUID | None = None
    customer: CustomerRef | None = Field(default=None, description="left out: the ticket's")
    answered_at: Instant | None = Field(default=None, description="left out: now")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.ticket_id is None and self.customer is None:
            raise ValueError("an answer names a ticket_id, a customer, or both")
        parts = (self.perceived, self.expected)
        if self.kind is SurveyKind.SATISFACTION:
            if None in parts or self.score is not None:
                raise ValueError("satisfaction is answered by perceived and expected")
        elif self.score is None or parts != (None, None):
            raise ValueError(f"{self.kind} is answered by a score")
        self.survey_class()
        return self

    def survey_class(self) -> SurveyClass:
        """The class of the answer. Raises ValueError for a score off its scale."""
        if self.perceived is not None and self.expected is not None:
            return rules.class_of_performance(self.perceived, self.expected)
        assert self.score is not None
        return rules.class_of_score(self.kind, self.score)


class SurveyResponse(Answer):
    id: UUID
    version: int
    kind: SurveyKind
    class_: SurveyClass = Field(alias="class")
    score: int | None
    perceived: Annotated[Decimal, AsNumber] | None
    expected: Annotated[Decimal, AsNumber] | None
    comment: str | None
    ticket_id: UUID | None
    customer: Customer | None
    answered_at: AwareDatetime
    created_at: AwareDatetime
    updated_at: AwareDatetime


class SurveyResponseQuery(ConcerningQuery):
    sort: Literal["created_at", "-created_at"] = "-created_at"
    kind: lists.AnyOf[SurveyKind]
    class_: Annotated[lists.AnyOf[SurveyClass], Field(alias="class")]
    ticket_id: lists.AnyOrNone[UUID]
