"""`python -m deploy.local`: what `make run` and `make dev` call."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from deploy.local.processes import CannotStart, request_death_signal
from deploy.local.run import Options, run


def main() -> None:
    arguments = _parser().parse_args()
    if arguments.attached:
        request_death_signal(signal.SIGTERM)
    options = Options(
        data=arguments.data,
        port=arguments.port,
        left_out=frozenset(filter(None, arguments.left_out.split(","))),
        reloading=arguments.reload,
    )
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        asyncio.run(run(options))
    except CannotStart as reason:
        sys.exit(str(reason))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="Run Perennial on this machine.")
    parser.add_argument("--data", type=Path, default=Path(".data"), help="data folder (default .data)")
    parser.add_argument("--port", type=int, default=8080, help="of the gateway; 0 takes a free one")
    parser.add_argument("--except", dest="left_out", default="", help="processes to leave out, comma between")
    parser.add_argument("--reload", action="store_true", help="restart what runs changed source")
    parser.add_argument("--attached", action="store_true", help="stop when the parent process ends")
    return parser


if __name__ == "__main__":
    main()
