"""Servers that run for the length of a measurement."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def running(*command: str, **environment: str) -> Iterator[None]:
    """The program runs inside the block."""
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def uvicorn(app: str, port: int) -> list[str]:
    """One worker, as fast as it goes: what our services run under too."""
    options = f"--port {port} --no-access-log --log-level warning --loop uvloop --http httptools"
    return [sys.executable, "-m", "uvicorn", app, *options.split()]
