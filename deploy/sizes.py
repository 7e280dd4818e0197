"""How big the code is: `python -m deploy.sizes [FOLDER]`, the figures that docs/recipes.md holds changes to."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PARTS: Final = (
    "libs/crmkit",
    "gateway",
    *(f"services/{name}-svc" for name in ("customer", "segment", "campaign", "callcenter")),
)
LONG_FILE: Final = 250
LONG_FUNCTION: Final = 40


def main() -> None:
    """Print the lines of each part's source, and what is longer than it should be."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    sources = {part: sorted(_sources(root / part / "src")) for part in PARTS}
    for part, files in sources.items():
        print(f"{part:28} {sum(map(_lines, files)):6,} lines")
    services = [file for part, files in sources.items() if part.startswith("services/") for file in files]
    print(f"{'the four services':28} {sum(map(_lines, services)):6,} lines")
    everything = [file for files in sources.values() for file in files]
    lengths = sorted(length for file in everything if file.suffix == ".py" for length in _functions(file))
    print(f"functions: {len(lengths):,}, p90 {lengths[len(lengths) * 9 // 10]}, longest {lengths[-1]}")
    print(f"functions over {LONG_FUNCTION}: {sum(length > LONG_FUNCTION for length in lengths)}")
    print(f"files over {LONG_FILE}: {[str(file.relative_to(root)) for file in everything if _lines(file) > LONG_FILE]}")


def _sources(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.suffix in {".py", ".sql"})


def _lines(file: Path) -> int:
    return len(file.read_text().splitlines())


def _functions(file: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno is not None:
            yield node.end_lineno - node.lineno + 1


if __name__ == "__main__":
    main()
