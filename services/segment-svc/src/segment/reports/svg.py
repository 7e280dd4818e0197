"""A few SVG shapes as text: enough for a report's picture, with no library and no font of its own."""

from collections.abc import Iterable
from html import escape
from typing import Final, Literal

INK: Final = "#1d2733"
MUTED: Final = "#66727f"
RULE: Final = "#dfe4e9"
PAPER: Final = "#ffffff"

Anchor = Literal["start", "middle", "end"]

_FONT: Final = "'Inter','Segoe UI','Helvetica Neue',Arial,'Liberation Sans','DejaVu Sans',sans-serif"


def document(width: float, height: float, title: str, subtitle: str, shapes: Iterable[str]) -> str:
    """A picture with its heading; `shapes` begin below 80."""
    heading = label(32, 40, title, size=20, weight=650) + label(32, 62, subtitle, size=12.5, fill=MUTED)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}"'
        f' height="{height:g}" role="img" aria-label="{escape(title)}" font-family="{_FONT}">'
        f"<title>{escape(title)}</title>{box(0, 0, width, height, fill=PAPER)}{heading}{''.join(shapes)}</svg>"
    )


def label(
    x: float,
    y: float,
    content: str,
    *,
    size: float = 13,
    fill: str = INK,
    weight: int = 400,
    anchor: Anchor = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" font-weight="{weight}" fill="{fill}"'
        f' text-anchor="{anchor}">{escape(content)}</text>'
    )


def box(x: float, y: float, width: float, height: float, *, fill: str, radius: float = 0) -> str:
    width = max(width, 0)
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:g}" fill="{fill}"/>'


def polygon(points: Iterable[tuple[float, float]], *, fill: str) -> str:
    return f'<polygon points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="{fill}"/>'


def line(x1: float, y1: float, x2: float, y2: float, *, stroke: str = RULE) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"/>'


def mix(low: str, high: str, part: float) -> str:
    """The colour `part` (0 to 1) of the way from one to the other."""
    ends = [(int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * min(max(part, 0), 1)):02x}" for a, b in ends)
