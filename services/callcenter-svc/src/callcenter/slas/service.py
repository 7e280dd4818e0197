"""The present policy, remembered for a while: a hot request has no statement to spare for it."""

import time
from dataclasses import dataclass
from typing import Final

from fastapi import Request

from callcenter.slas import repository
from callcenter.slas.rules import Policy
from crmkit.web import sessions

REMEMBERED_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class _Remembered:
    policy: Policy
    until: float


async def current_policy(request: Request) -> Policy:
    """The default policy, at most half a minute old."""
    state = request.app.state
    known: _Remembered | None = getattr(state, "sla_policy", None)
    if known is None or known.until < time.monotonic():
        row = await sessions.one_statement(request, repository.DEFAULT)
        assert row is not None, "the first migration leaves a default policy"
        known = state.sla_policy = _Remembered(repository.policy_of(row), time.monotonic() + REMEMBERED_S)
    return known.policy
