"""The Complete Journey through the whole loop, over the public API alone: `python -m demo [--url URL --key KEY]`."""

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
from rich.console import Console

from demo import listen, load, promote, replay, score, summary
from demo.api import Api, Refused
from demo.stage import Stage
from deploy.local import platform
from deploy.local.processes import CannotStart

OUTPUT: Final = Path(__file__).parent / "output"


class Clock:
    """Announces each step and keeps how long it took."""

    def __init__(self, console: Console) -> None:
        self.seconds: dict[str, float] = {}
        self._console = console

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._console.rule(f"{len(self.seconds) + 1}. {name}", align="left")
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started
        self._console.print(f"({self.seconds[name]:.1f} s)")


def main() -> None:
    options = _options()
    console = Console(width=None if sys.stdout.isatty() else 140)
    try:
        with _api(options, console) as api:
            play(Stage(api, console, options.output))
    except (Refused, CannotStart) as error:
        sys.exit(str(error))
    except httpx.TransportError as error:
        sys.exit(f"The platform cannot be reached: {error}")


def play(stage: Stage) -> None:
    """All steps, one after the other."""
    stage.output.mkdir(parents=True, exist_ok=True)
    clock = Clock(stage.console)
    with clock.step("Import the past: products, households, orders"):
        load.run(stage)
    with clock.step("Know the customers: scores"):
        score.run(stage)
    with clock.step("Treat them differently: offers, campaign, personal lists"):
        promotion = promote.run(stage)
    with clock.step("See what they do: two weeks at the till"):
        replay.run(stage, promotion)
    with clock.step("Listen and make good: the call centre"):
        listen.run(stage, promotion)
    stage.console.rule("6. Summary", align="left")
    summary.run(stage, clock.seconds)


@contextlib.contextmanager
def _api(options: argparse.Namespace, console: Console) -> Iterator[Api]:
    """The platform that is named, else the one that runs, else one of our own."""
    if options.url is not None:
        yield Api.at(options.url, _key(options.key))
        return
    running = platform.running()
    if running is not None:
        console.print(f"Playing on the running platform, {running.url}")
        yield Api.at(running.url, running.admin_key)
        return
    console.print(
        "No platform runs here: starting one that is forgotten at the end. To keep it, start `make run` first."
    )
    with platform.start() as own:
        yield Api.at(own.url, own.admin_key)


def _key(given: str) -> str:
    """The key itself, or what the file of that name holds."""
    file = Path(given)
    return file.read_text().strip() if file.is_file() else given


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--url", help="a gateway to play on; default: the running platform, else one of its own")
    parser.add_argument("--key", help="an API key with scope admin, or a file that holds one; needed with --url")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder for pictures and papers")
    options = parser.parse_args()
    if (options.url is None) != (options.key is None):
        parser.error("--url and --key go together")
    return options


if __name__ == "__main__":
    main()
