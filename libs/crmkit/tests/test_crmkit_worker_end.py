"""How a worker ends when a part of it fails."""

import asyncio
from typing import Any

import pytest

from crmkit import worker
from crmkit.settings import Settings


async def test_a_failure_ends_a_worker_whose_other_parts_swallow_a_cancellation(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        raise RuntimeError("a part broke")

    async def swallow_once() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.Event().wait()

    def parts(*_: Any) -> list[Any]:
        return [swallow_once(), fail()]

    monkeypatch.setattr(worker, "_parts", parts)
    async with asyncio.timeout(30):
        with pytest.raises(RuntimeError, match="a part broke"):
            await worker.run(worker.Worker(settings))
