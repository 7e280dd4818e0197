"""Which statuses each operation has answered in this run."""

from collections import Counter, defaultdict

REACHED: defaultdict[str, Counter[int]] = defaultdict(Counter)


def table() -> list[str]:
    """A line an operation: how often it answered what."""
    width = max((len(label) for label in REACHED), default=0)
    return [
        f"{label:{width}}  " + "  ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
        for label, statuses in sorted(REACHED.items())
    ]
