"""`/v1/reports/...`: one question each, answered as JSON, CSV or a picture, by `format=` or by `Accept`."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Request, Response

from crmkit.data import tables
from crmkit.web import media
from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from segment.reports import service
from segment.reports.registry import REPORTS
from segment.reports.report import Definition, Report
from segment.scoring_runs import service as scoring_runs

router = api_router(tags=["reports"], scope="segments")

SVG = "image/svg+xml"
Format = Annotated[
    Literal["json", "csv", "svg"] | None, Query(alias="format", description="left out, what `Accept` asks for")
]
AsOf = Annotated[date | None, Query(description="the latest finished run of this day")]
Run = Annotated[UUID | None, Query(description="this run; left out with `as_of`, the current one")]


def _endpoint(definition: Definition[Any]) -> Callable[..., Awaitable[Response]]:
    async def endpoint(
        request: Request, session: Session, wanted: Format = None, as_of: AsOf = None, run: Run = None
    ) -> Response:
        run_id = await scoring_runs.finished(session, as_of=as_of, run_id=run)
        report = await service.read(session, definition, run_id)
        match wanted or _accepted(request.headers.get("accept", "")):
            case "svg":
                return Response(definition.chart(report), media_type=SVG)
            case "csv":
                names = list(definition.row.model_fields)
                table = tables.lines([names, *([getattr(row, name) for name in names] for row in report.rows)])
                return Response(table, media_type=media.CSV)
            case _:
                return Response(report.model_dump_json(), media_type=media.JSON)

    return endpoint


def _accepted(accept: str) -> str:
    return next((name for name, kind in (("csv", media.CSV), ("svg", SVG)) if kind in accept), "json")


for _definition in REPORTS:
    router.add_api_route(
        f"/reports/{_definition.name}",
        _endpoint(_definition),
        operation_id=f"get_{_definition.name.replace('-', '_')}_report",
        response_model=Report[_definition.row],  # type: ignore[name-defined]
        responses={200: {"content": {media.CSV: {}, SVG: {}}}},
    )
