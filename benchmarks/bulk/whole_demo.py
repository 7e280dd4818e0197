"""The demo with every process of the platform running: how long it takes, and what each Python process holds at most.

    python -m benchmarks.bulk.whole_demo

Starts a platform of its own on an empty data folder and plays the demo on it as `make demo` would.
"""

import subprocess
import sys
import tempfile
import time

from benchmarks.bulk.memory import Memory
from deploy.local import platform


def main() -> None:
    memory = Memory()
    with platform.start() as running, tempfile.NamedTemporaryFile("w") as key, memory.watched(running.supervisor):
        key.write(running.admin_key)
        key.flush()
        started = time.perf_counter()
        play = [sys.executable, "-m", "demo", "--url", running.url, "--key", key.name]
        subprocess.run(play, check=True)
        seconds = time.perf_counter() - started
    print(f"the whole demo              {seconds:>8.1f} s   (to stay under: 360)")
    for name, most in memory.largest():
        print(f"most resident memory        {most:>8.0f} MB {name}   (to stay under: 400)")


if __name__ == "__main__":
    main()
