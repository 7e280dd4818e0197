"""Step 1: products, households with what is known of them, and the orders of the past, through `POST /v1/imports`."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from rich.progress import Progress, TaskID

from demo import data, ndjson
from demo.api import Job, Refused
from demo.ndjson import Rows
from demo.stage import Stage

AS_OF: Final = dt.date(2017, 12, 4)
HISTORY: Final = data.Days(until=AS_OF)


class Taken(msgspec.Struct):
    created: int
    unchanged: int


def run(stage: Stage) -> None:
    """Import everything; what is there already changes nothing."""
    with stage.progress() as progress:
        found = {
            "products": _bring(stage, progress, "products", data.products()),
            "customers": _bring(stage, progress, "customers", data.customers(HISTORY)),
            "orders": _bring(stage, progress, "orders", data.orders(HISTORY)),
        }
    for resource, job in found.items():
        taken = job.result_as(Taken)
        value = f"{job.processed:,} ({taken.created:,} new, {taken.unchanged:,} unchanged)"
        stage.note(f"{resource} imported", value, f"POST /v1/imports?resource={resource}")


def _bring(stage: Stage, progress: Progress, resource: str, rows: Iterable[Rows]) -> Job:
    """Send one resource's rows and wait until they are taken."""
    sending = progress.add_task(f"send {resource}", total=None)
    taking = progress.add_task(f"take {resource}", total=None)

    def show(job: Job) -> None:
        progress.update(sending, total=job.total)
        progress.update(taking, total=job.total, completed=job.processed)

    job = stage.api.upload(resource, ndjson.gzipped(_counted(rows, progress, sending)), show)
    if job.failed:
        raise Refused(f"{job.failed} {resource} were refused: GET {job.errors_url}")
    return job


def _counted(rows: Iterable[Rows], progress: Progress, task: TaskID) -> Iterator[Rows]:
    for each in rows:
        yield each
        progress.advance(task, each.count)
