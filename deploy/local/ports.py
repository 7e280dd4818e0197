"""Ports of 127.0.0.1 that are ours for as long as we keep them, also while the process behind one is started again."""

import socket
import sys
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Port:
    """Held by a socket that is bound and never listens.

    Servers bind with SO_REUSEADDR, so our own child can listen on it; the kernel gives it to nobody who asks for any
    port, as another platform does, or a client for the near end of its connection.
    """

    number: int
    _holder: socket.socket = field(repr=False)


def hold(wanted: int = 0) -> Port:
    """The wanted port, or any. Raises OSError when somebody listens on it."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", wanted))
    number = int(holder.getsockname()[1])
    if sys.platform != "linux":  # elsewhere a second socket may not listen beside a bound one
        holder.close()
    return Port(number, holder)


def hold_preferably(wanted: int) -> Port:
    """The wanted port, or any if somebody listens on it."""
    try:
        return hold(wanted)
    except OSError:
        return hold()
