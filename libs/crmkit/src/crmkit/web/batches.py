"""`POST /v1/<noun>/batch`: its items are read one by one, so that a bad one does not refuse the others."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from crmkit.problems import Conflict, FieldError, Invalid, Problem, UnknownReference
from crmkit.web import faults, unstorable

M = TypeVar("M", bound=BaseModel)


class Effect(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an item was not taken: a stable code, a sentence, and whom it collided with."""

    code: str
    detail: str
    existing_id: UUID | None = None
    candidates: tuple[UUID, ...] = ()

    @property
    def status(self) -> int:
        return Invalid.status if self.code == UnknownReference.code else Conflict.status


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item."""

    id: UUID | None
    effect: Effect | None = None
    refusal: Refusal | None = None

    @classmethod
    def refused(cls, code: str, detail: str, *, existing_id: UUID | None = None) -> "Outcome":
        return cls(None, refusal=Refusal(code, detail, existing_id))


class BatchProblem(BaseModel):
    """Why an item of a batch was not taken."""

    code: str
    detail: str
    errors: list[FieldError] | None = None
    existing_id: UUID | None = None
    candidates: list[UUID] | None = None


class BatchResult(BaseModel):
    """What one item would have been answered alone."""

    status: int
    id: UUID | None = None
    effect: Effect | None = None
    problem: BatchProblem | None = None


class BatchResults(BaseModel):
    """A result per item, in order."""

    data: list[BatchResult]


def result(outcome: Outcome) -> BatchResult:
    """An outcome as a batch shows it."""
    why = outcome.refusal
    if why is None:
        status = 201 if outcome.effect is Effect.CREATED else 200
        return BatchResult(status=status, id=outcome.id, effect=outcome.effect)
    candidates = list(why.candidates) or None
    problem = BatchProblem(code=why.code, detail=why.detail, existing_id=why.existing_id, candidates=candidates)
    return BatchResult(status=why.status, problem=problem)


def refused(problem: Problem) -> BatchResult:
    """The result of an item that could not be read."""
    told = BatchProblem(code=problem.code, detail=problem.detail, errors=list(problem.errors) or None)
    return BatchResult(status=problem.status, problem=told)


def read_item(kind: type[M], item: Any) -> M:
    """An item as the body of its own request would be read. Raises Invalid (422), its pointers from the item on."""
    unstorable.refuse_in(item)
    try:
        return kind.model_validate(item)
    except ValidationError as error:
        raise of_validation(error) from error


def of_validation(error: ValidationError) -> Invalid:
    """What is wrong with one document among several, in a sentence and by pointers."""
    errors = faults.field_errors(list(error.errors()))
    return Invalid(f"{errors[0].pointer or 'item'}: {errors[0].detail}", errors=errors)
