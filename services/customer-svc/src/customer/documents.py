"""Answers that carry a document as Postgres made it."""

from fastapi import Response


def answer(found: tuple[int, str], *, location: str | None = None) -> Response:
    """A (version, document) as 200, or as 201 of a resource just made at `location`."""
    version, document = found
    headers = {"ETag": f'"{version}"'}
    if location is None:
        return Response(document, 200, headers, "application/json")
    return Response(document, 201, headers | {"Location": location}, "application/json")
