"""How much memory each Python process of a platform has held at most."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psutil

from deploy.local import packages

LOOK_S = 0.2
NAMES = tuple(package.name for package in packages.discover())


@dataclass
class Memory:
    """The most that each process has held resident, in MB, by its name or the module it runs."""

    most: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def watched(self, supervisor: int) -> Iterator[None]:
        """Look at everything below this process while the block runs."""
        done, process = threading.Event(), psutil.Process(supervisor)

        def watch() -> None:
            while not done.wait(LOOK_S):
                self._look(process)

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def largest(self) -> list[tuple[str, float]]:
        return sorted(self.most.items(), key=lambda item: -item[1])

    def _look(self, supervisor: psutil.Process) -> None:
        for process in supervisor.children(recursive=True):
            try:
                name = program(process)
                if name:
                    self.most[name] = max(self.most.get(name, 0), process.memory_info().rss / 1e6)
            except psutil.Error:
                continue


def program(process: psutil.Process) -> str | None:
    """`customer.worker` of `python -m customer.worker`; None for what is not ours."""
    command = process.cmdline()
    module = command[2] if len(command) > 2 and command[1] == "-m" else ""
    return module if module.startswith(NAMES) else None
