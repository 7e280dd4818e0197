"""`/openapi.json` and `/docs`, for everybody."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from crmkit.problems import NotFound
from gateway.reference import pages
from gateway.reference.document import Reference

router = APIRouter(include_in_schema=False)

_DAY = {"Cache-Control": "public, max-age=86400"}
_PAGE = {"Content-Security-Policy": pages.POLICY, "X-Content-Type-Options": "nosniff"}


@router.get("/openapi.json")
async def get_openapi(request: Request) -> Response:
    reference: Reference = request.app.state.reference
    return Response(await reference.body(request.app.openapi()), media_type="application/json")


@router.get("/docs")
async def get_docs() -> Response:
    return HTMLResponse(pages.REFERENCE, headers=_PAGE)


@router.get("/docs/problems")
async def get_problems(request: Request) -> Response:
    reference: Reference = request.app.state.reference
    return HTMLResponse(pages.problems(await reference.problems(request.app.openapi())), headers=_PAGE)


@router.get("/docs/start.js")
async def get_start() -> Response:
    return Response(pages.START, headers=_DAY, media_type="text/javascript")


@router.get("/docs/{name}")
async def get_asset(name: str) -> Response:
    if name not in pages.ASSETS:
        raise NotFound
    return Response(pages.ASSETS[name], headers=_DAY, media_type=pages.MEDIA_TYPES[name.rpartition(".")[2]])
