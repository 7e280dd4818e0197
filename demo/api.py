"""A client of the public API: answers as structs of the fields the demo reads, jobs waited for, faults said plainly."""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import httpx
import msgspec

T = TypeVar("T")
Json = Mapping[str, Any]

POLL_S: Final = 0.1
NDJSON: Final = "application/x-ndjson"
ANSWER_LOST: Final = (httpx.NetworkError, httpx.RemoteProtocolError)


class Refused(Exception):
    """The API said no; the text is its problem document's."""


class Job(msgspec.Struct, frozen=True):
    """Long work; `result` is as the kind of job tells it."""

    id: str
    status: str
    processed: int
    failed: int
    total: int | None
    error: str | None
    errors_url: str | None
    started_at: datetime | None
    finished_at: datetime | None
    result: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def seconds(self) -> float:
        """From the first hand laid on it to the end."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at and self.started_at else 0.0

    def result_as(self, kind: type[T]) -> T:
        return msgspec.json.decode(self.result, type=kind)


class Page(msgspec.Struct):
    data: list[msgspec.Raw]
    next_cursor: str | None


OnProgress = Callable[[Job], None]


@dataclass(frozen=True, slots=True)
class Api:
    """One connection pool to one gateway."""

    http: httpx.Client

    @classmethod
    def at(cls, url: str, key: str) -> "Api":
        headers = {"Authorization": f"Bearer {key}"}
        return cls(httpx.Client(base_url=url, headers=headers, timeout=httpx.Timeout(60, connect=5)))

    def get(self, path: str, kind: type[T], **params: str | float | bool) -> T:
        return self._read(self.http.get(path, params=params), kind)

    def content(self, path: str, accept: str, **params: str | float | bool) -> bytes:
        """A document in a form of its own: SVG, PDF, CSV."""
        return _checked(self.http.get(path, params=params, headers={"Accept": accept})).content

    def post(self, path: str, body: Json, kind: type[T]) -> T:
        return self._read(self._post(path, body), kind)

    def send(self, path: str, body: Json) -> None:
        """A post whose answer nobody reads."""
        _checked(self._post(path, body))

    def patch(self, path: str, body: Json, kind: type[T]) -> T:
        return self._read(self.http.patch(path, json=body), kind)

    def pages(self, path: str, kind: type[T], limit: int = 500, **params: str | float | bool) -> Iterator[T]:
        """Every row of a list, page after page."""
        asked = dict(params) | {"limit": limit}
        while True:
            page = self.get(path, Page, **asked)
            for row in page.data:
                yield msgspec.json.decode(row, type=kind)
            if page.next_cursor is None:
                return
            asked["cursor"] = page.next_cursor

    def lines(self, path: str, kind: type[T], **params: str | float | bool) -> Iterator[T]:
        """Every row of a list, as one stream of NDJSON."""
        decoder = msgspec.json.Decoder(kind)
        with self.http.stream("GET", path, params=params, headers={"Accept": NDJSON}) as response:
            if response.is_error:
                response.read()
            _checked(response)
            for line in response.iter_lines():
                if line:
                    yield decoder.decode(line)

    def run(self, path: str, body: Json, on_progress: OnProgress = lambda _: None) -> Job:
        """Start long work and wait for its end."""
        return self.wait(self.post(path, body, Job), _service_of(path), on_progress)

    def upload(self, resource: str, body: Iterable[bytes], on_progress: OnProgress = lambda _: None) -> Job:
        """Import a gzip stream of NDJSON and wait for its end."""
        headers = {"Content-Type": NDJSON, "Content-Encoding": "gzip"} | _new_key()
        response = self.http.post("/v1/imports", params={"resource": resource}, content=body, headers=headers)
        return self.wait(self._read(response, Job), "customer", on_progress)

    def wait(self, job: Job, service: str, on_progress: OnProgress) -> Job:
        """Ask until the job has ended. Raises Refused when it has not succeeded."""
        while job.status in ("queued", "running"):
            time.sleep(POLL_S)
            job = self.get(f"/v1/jobs/{service}/{job.id}", Job)
            on_progress(job)
        if job.status != "succeeded":
            raise Refused(f"Job {job.id} of {service} {job.status}: {job.error}")
        return job

    def _post(self, path: str, body: Json) -> httpx.Response:
        """Sent once more when the answer was lost: by the key the platform does it once and answers as it did."""
        headers = _new_key()
        try:
            return self.http.post(path, json=body, headers=headers)
        except ANSWER_LOST:
            return self.http.post(path, json=body, headers=headers)

    def _read(self, response: httpx.Response, kind: type[T]) -> T:
        return msgspec.json.decode(_checked(response).content, type=kind)


def _new_key() -> dict[str, str]:
    """A key per thing that is wanted: a later run makes a campaign and baskets of its own, so it takes new ones."""
    return {"Idempotency-Key": str(uuid.uuid4())}


def _service_of(path: str) -> str:
    return {"/v1/scoring-runs": "segment", "/v1/shopping-lists": "campaign"}[path]


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_error:
        raise Refused(f"{response.request.method} {response.request.url.path}: {response.status_code} {response.text}")
    return response
