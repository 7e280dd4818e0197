"""`python -m deploy.local`: what `make run`, `make dev`, `make migrate` and `make reset` call."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from deploy.local import run
from deploy.local.processes import CannotStart, request_death_signal


def main() -> None:
    arguments = _parser().parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        match arguments.command:
            case "run":
                _run(arguments)
            case "migrate":
                asyncio.run(run.migrate(arguments.data))
            case "reset":
                run.reset(arguments.data)
    except CannotStart as reason:
        sys.exit(str(reason))


def _run(arguments: argparse.Namespace) -> None:
    if arguments.attached:
        request_death_signal(signal.SIGTERM)
    left_out = frozenset(filter(None, arguments.left_out.split(",")))
    asyncio.run(run.run(run.Options(arguments.data, arguments.port, left_out, arguments.reload)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description="Run Perennial on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    running = commands.add_parser("run", help="everything, until Ctrl-C")
    running.add_argument("--port", type=int, default=8080, help="of the gateway; 0 takes a free one")
    running.add_argument("--except", dest="left_out", default="", help="processes to leave out, comma between")
    running.add_argument("--reload", action="store_true", help="restart what runs changed source")
    running.add_argument("--attached", action="store_true", help="stop when the parent process ends")
    migrating = commands.add_parser("migrate", help="bring every schema to its newest revision")
    resetting = commands.add_parser("reset", help="forget all data")
    for command in (running, migrating, resetting):
        command.add_argument("--data", type=Path, default=Path(".data"), help="data folder (default .data)")
    return parser


if __name__ == "__main__":
    main()
