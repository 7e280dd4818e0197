"""Two rivals take turns on one machine; what counts is their ratio."""

import argparse
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmarks.load.wrk import Result

WARMING_S = 5  # connecting counts, and takes its time on a busy machine


class Rival(Protocol):
    """Who can be put under load."""

    @property
    def name(self) -> str: ...

    def play(self, connections: int, seconds: int) -> Result: ...


@dataclass(frozen=True)
class Rounds:
    """How long is measured, and how often."""

    connections: int
    seconds: int
    number: int


@dataclass(frozen=True)
class Target:
    """What the first rival must reach. rate: of the second's; p99: less than that of the second's; p99_ms: less."""

    rate: float | None = None
    p99: float | None = None
    p99_ms: float | None = None


def options(description: str | None, parts: Sequence[str]) -> tuple[list[str], Rounds]:
    """What the command line asks for: parts of the measurement, and its rounds."""
    parser = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    parser.add_argument("parts", nargs="*", default=list(parts), help=f"of {', '.join(parts)}")
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=16)
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(parts):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    return chosen.parts, Rounds(chosen.connections, chosen.seconds, chosen.rounds)


def compare(what: str, ours: Rival, other: Rival, target: Target, rounds: Rounds) -> None:
    """Measure both in turn; print their medians, and the medians of the rounds' ratios beside the target."""
    for rival in (ours, other):
        rival.play(rounds.connections, WARMING_S)
    pairs = [[rival.play(rounds.connections, rounds.seconds) for rival in (ours, other)] for _ in range(rounds.number)]
    print(f"{what}, {rounds.connections} connections")
    for rival, results in zip((ours, other), zip(*pairs, strict=True), strict=True):
        rate, p99 = statistics.median(result.rate for result in results), _p99(results)
        print(f"  {rival.name:30} {rate:8,.0f} /s" + ("" if p99 is None else f"   p99 {p99:7.1f} ms"))
    # The two of a round shared whatever else the machine was doing.
    ratio = statistics.median(mine.rate / others.rate for mine, others in pairs)
    _judge("rate, of the other's", ratio, target.rate, at_least=True)
    mine, others = (_p99(results) for results in zip(*pairs, strict=True))
    if mine is not None and others is not None:
        _judge("p99, of the other's", mine / others, target.p99)
    if mine is not None and target.p99_ms is not None:
        _judge("p99 in ms", mine, target.p99_ms)


def _p99(results: Sequence[Result]) -> float | None:
    known = [result.p99_ms for result in results if result.p99_ms is not None]
    return statistics.median(known) if known else None


def _judge(what: str, value: float, target: float | None, *, at_least: bool = False) -> None:
    if target is None:
        print(f"  {what:30} {value:8.2f}")
        return
    reached = value >= target if at_least else value < target
    wanted = f"{'at least' if at_least else 'under'} {target:.2f}"
    print(f"  {what:30} {value:8.2f}   target {wanted}: {'reached' if reached else 'MISSED'}")
