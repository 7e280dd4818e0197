"""`make bench`: every measurement one after another, or those named: `make bench ARGS='bulk.scoring load.tickets'`."""

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
MEASUREMENTS = (
    "load.gateway_hop", "load.tickets", "load.checkouts", "load.calls", "bulk.import_orders", "bulk.feed_projection",
    "bulk.scoring", "bulk.whole_demo",
)  # fmt: skip


def main() -> None:
    """Run each in a process of its own, so that none inherits another's memory or event loop."""
    chosen = sys.argv[1:] or MEASUREMENTS
    unknown = sorted(set(chosen) - set(MEASUREMENTS))
    if unknown:
        sys.exit(f"There is no measurement {unknown[0]!r}; there are {', '.join(MEASUREMENTS)}.")
    started = time.monotonic()
    failed = [name for name in chosen if not measured(name)]
    print(f"All of it took {time.monotonic() - started:.0f} s.")
    if failed:
        sys.exit(f"Did not finish: {', '.join(failed)}.")


def measured(name: str) -> bool:
    """Whether a measurement ran to its end."""
    started = time.monotonic()
    print(f"== python -m benchmarks.{name}", flush=True)
    ran = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=HERE.parent, check=False).returncode == 0
    print(f"== {time.monotonic() - started:.0f} s\n", flush=True)
    return ran


if __name__ == "__main__":
    main()
