"""Resources as Postgres has written them."""

from dataclasses import dataclass

from starlette.responses import Response

from crmkit.web import media


@dataclass(frozen=True, slots=True)
class Told:
    """A resource, JSON already, and its version, the ETag of its answer."""

    document: str
    version: int

    def answer(self, *, location: str | None = None) -> Response:
        """200, or 201 of a resource just made at `location`."""
        headers = {"ETag": f'"{self.version}"'}
        if location is None:
            return Response(self.document, 200, headers, media.JSON)
        return Response(self.document, 201, headers | {"Location": location}, media.JSON)
