"""`make dev`: a change of source restarts the processes that run it."""

from collections.abc import Sequence
from pathlib import Path

from watchfiles import DefaultFilter, awatch

from deploy.local.packages import ROOT, Package
from deploy.local.supervisor import Child

SHARED = ROOT / "libs"


async def on_change(packages: Sequence[Package], children: Sequence[Child]) -> None:
    """Runs until cancelled."""
    sources = {package.source: package for package in packages}
    async for changes in awatch(SHARED, *sources, watch_filter=DefaultFilter()):
        affected = _affected({Path(name) for _, name in changes}, sources)
        print(f"Changed: restarting {', '.join(sorted(affected))}")
        for child in children:
            if child.program.name in affected:
                child.restart()


def _affected(changed: set[Path], sources: dict[Path, Package]) -> set[str]:
    """Names of processes; what is shared runs in all of them."""
    everywhere = any(path.is_relative_to(SHARED) for path in changed)
    return {
        process
        for source, package in sources.items()
        if everywhere or any(path.is_relative_to(source) for path in changed)
        for process in package.modules
    }
