"""What went through, for `/metrics`."""

from typing import Final

from prometheus_client import Counter, Histogram

FORWARDED: Final = Counter(
    "gateway_forwarded_total", "Forwarded requests; status 0: the client left", ["service", "method", "status"]
)
DURATION: Final = Histogram("gateway_forward_seconds", "Time to the last byte passed on", ["service"])


class Traffic:
    """Looks a label set up once: prometheus_client does so at length."""

    def __init__(self) -> None:
        self._counters: dict[tuple[str, str, int], Counter] = {}
        self._durations: dict[str, Histogram] = {}

    def note(self, service: str, method: str, status: int, seconds: float) -> None:
        kind = (service, method, status)
        counter = self._counters.get(kind)
        if counter is None:
            counter = self._counters[kind] = FORWARDED.labels(*kind)
        counter.inc()
        duration = self._durations.get(service)
        if duration is None:
            duration = self._durations[service] = DURATION.labels(service)
        duration.observe(seconds)
