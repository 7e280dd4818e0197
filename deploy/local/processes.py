"""Programs as children that never outlive their parent, not even when it is killed with SIGKILL."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class CannotStart(Exception):
    """One sentence for the person at the terminal: what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run; `user` is (uid, gid) when it must not run as the caller."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(repr=False)
    log: Path
    user: tuple[int, int] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL


def spawn(program: Program) -> subprocess.Popen[bytes]:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("ab") as log:
        return subprocess.Popen(program.argv, stdout=log, **spawn_options(program))


def spawn_options(program: Program) -> dict[str, Any]:
    """Arguments that subprocess and asyncio share; a session of its own keeps Ctrl-C with the parent."""
    uid, gid = program.user or (None, None)
    return {
        "env": dict(program.env),
        "cwd": "/",
        "stdin": subprocess.DEVNULL,
        "stderr": subprocess.STDOUT,
        "start_new_session": True,
        "user": uid,
        "group": gid,
        "extra_groups": [] if program.user else None,
        "preexec_fn": dying_with_parent(program.death_signal),
    }


def dying_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """For preexec_fn, which runs after setuid: a change of user would clear the death signal."""
    parent = os.getpid()

    def ask() -> None:
        request_death_signal(death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def request_death_signal(death_signal: signal.Signals) -> None:
    """Have the kernel send this process a signal when its parent ends (PR_SET_PDEATHSIG, Linux only)."""
    if sys.platform == "linux":
        _LIBC.prctl(1, int(death_signal), 0, 0, 0)


_LIBC = ctypes.CDLL(None, use_errno=True)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
