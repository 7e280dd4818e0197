"""`/v1/reports/...`: one question each, answered as JSON, CSV or a picture."""

import csv
import io
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Query, Response
from pydantic import BaseModel

from crmkit.web.routing import router as api_router
from crmkit.web.sessions import Session
from segment.reports import charts, service
from segment.reports.schemas import AbcRow, BrandLoyaltyRow, LifecycleRow, PyramidRow, Report, RfmRow, SvcdRow

router = api_router(tags=["reports"], scope="segments")

Format = Annotated[Literal["json", "csv", "svg"], Query(alias="format")]
AsOf = Annotated[date | None, Query(description="the latest finished run of this day")]
Run = Annotated[UUID | None, Query(description="this run; left out with `as_of`, the current one")]


def _endpoint(name: str, row: type[BaseModel]) -> Callable[..., Awaitable[Response]]:
    async def endpoint(session: Session, wanted: Format = "json", as_of: AsOf = None, run: Run = None) -> Response:
        report = await service.read(session, name, as_of=as_of, run_id=run)
        if wanted == "svg":
            return Response(charts.CHARTS[name](report), media_type="image/svg+xml")
        if wanted == "csv":
            return Response(_csv(report, list(row.model_fields)), media_type="text/csv")
        return Response(report.model_dump_json(), media_type="application/json")

    return endpoint


def _csv(report: Report[Any], names: list[str]) -> str:
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(names)
    writer.writerows([getattr(row, name) for name in names] for row in report.rows)
    return table.getvalue()


for _name, _row in (
    ("pyramid", PyramidRow),
    ("rfm", RfmRow),
    ("abc", AbcRow),
    ("svcd", SvcdRow),
    ("lifecycle", LifecycleRow),
    ("brand_loyalty", BrandLoyaltyRow),
):
    router.add_api_route(
        f"/reports/{_name.replace('_', '-')}",
        _endpoint(_name, _row),
        operation_id=f"get_{_name}_report",
        response_model=Report[_row],  # type: ignore[valid-type]
        responses={200: {"content": {"text/csv": {}, "image/svg+xml": {}}}},
    )
