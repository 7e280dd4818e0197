"""What every step plays on: the API, a console, a folder for pictures and papers, and the figures to end with."""

from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo.api import Api


@dataclass(frozen=True, slots=True)
class Figure:
    """A result, and the endpoint that gives it."""

    name: str
    value: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Steps note their figures here; the last one prints them."""

    api: Api
    console: Console
    output: Path
    figures: list[Figure] = field(default_factory=list)

    def note(self, name: str, value: str, endpoint: str) -> None:
        self.figures.append(Figure(name, value, endpoint))

    def write(self, name: str, content: bytes) -> None:
        """A file in the output folder, told on the console."""
        path = self.output / name
        path.write_bytes(content)
        self.console.print(f"Wrote {path}")

    def progress(self) -> Progress:
        columns = (
            TextColumn("  {task.description:<28}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        return Progress(*columns, console=self.console)


def percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def dollars(cents: float | None) -> str:
    if cents is None:
        return "–"
    return f"{'−' if cents < 0 else ''}${abs(cents) / 100:,.2f}"
