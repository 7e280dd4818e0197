"""What every bulk way in shares: an item's outcome, and items that must not meet in one statement.

The same set statements take one posted customer, a batch of a thousand and a chunk of an import.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel

from crmkit.problems import FieldError, Invalid

T = TypeVar("T")


class Mode(StrEnum):
    """What an item does to a resource that is there: `upsert` merges, `insert` refuses, `replace` overwrites."""

    UPSERT = "upsert"
    INSERT = "insert"
    REPLACE = "replace"


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
    if outcome.refusal is None:
        status = 201 if outcome.effect is Effect.CREATED else 200
        return BatchResult(status=status, id=outcome.id, effect=outcome.effect)
    why = outcome.refusal
    problem = BatchProblem(
        code=why.code, detail=why.detail, existing_id=why.existing_id, candidates=list(why.candidates) or None
    )
    return BatchResult(status=422 if why.code == "unknown_reference" else 409, problem=problem)


def unreadable(error: ValueError | Invalid) -> BatchResult:
    """The result of an item that could not be read."""
    errors = list(error.errors) if isinstance(error, Invalid) else None
    return BatchResult(status=422, problem=BatchProblem(code=Invalid.code, detail=str(error), errors=errors))


async def in_waves(
    items: Sequence[T],
    keys: Callable[[T], Iterable[Hashable]],
    take: Callable[[Sequence[T]], Awaitable[Sequence[Outcome]]],
) -> list[Outcome]:
    """Give items to `take` in rounds without a common key; the outcomes in the items' order."""
    outcomes: dict[int, Outcome] = {}
    for wave in waves(items, keys):
        outcomes |= zip(wave, await take([items[index] for index in wave]), strict=True)
    return [outcomes[index] for index in range(len(items))]


def waves(items: Sequence[T], keys: Callable[[T], Iterable[Hashable]]) -> Iterator[list[int]]:
    """Indexes of items in as few rounds as keep two items of one key apart, in order."""
    rounds: list[list[int]] = []
    last: dict[Hashable, int] = {}
    for index, item in enumerate(items):
        own = list(keys(item))
        place = max((last[key] + 1 for key in own if key in last), default=0)
        last.update(dict.fromkeys(own, place))
        if place == len(rounds):
            rounds.append([])
        rounds[place].append(index)
    yield from rounds
