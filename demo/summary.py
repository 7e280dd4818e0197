"""Step 6: every figure with the endpoint that gives it, and how long each step took."""

from collections.abc import Mapping

from rich.table import Column, Table

from demo.stage import Stage


def run(stage: Stage, seconds: Mapping[str, float]) -> None:
    figures = Table("figure", "value", Column("endpoint", overflow="fold"), title="What was found, and where")
    for figure in stage.figures:
        figures.add_row(figure.name, figure.value, figure.endpoint)
    times = Table("step", "seconds", title="How long it took")
    for name, taken in seconds.items():
        times.add_row(name, f"{taken:.1f}")
    times.add_section()
    times.add_row("all", f"{sum(seconds.values()):.1f}")
    stage.console.print(figures, times)
