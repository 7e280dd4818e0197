"""The catalogue."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from crmkit.web import concurrency, handles, routing
from crmkit.web.batches import BatchResults
from crmkit.web.paging import Page
from crmkit.web.sessions import Session
from customer.products import repository, service
from customer.products.errors import ProductNotFound
from customer.products.schemas import NewProduct, NewProducts, Product, ProductQuery

_FIND = "select id from products where source = $1 and external_id = $2"
ProductId = Annotated[UUID, Depends(handles.resolving("product", missing=ProductNotFound, ext=_FIND))]

router = routing.router(tags=["products"], scope="customers")


@router.post("/products", status_code=201, operation_id="create_product", response_model=Product)
async def create_product(body: NewProduct, session: Session) -> Response:
    id = await service.create_product(session, body)
    return (await service.read_product(session, id)).answer(location=f"/v1/products/{id}")


@router.post("/products/batch", operation_id="create_products")
async def create_products(body: NewProducts, session: Session) -> BatchResults:
    return await service.create_products(session, body.items)


@router.get("/products", operation_id="list_products", response_model=Page[Product])
async def list_products(request: Request, session: Session, asked: Annotated[ProductQuery, Query()]) -> Response:
    return await repository.PRODUCTS.answer(request, session, asked)


@router.get("/products/{id}", operation_id="get_product", response_model=Product)
async def get_product(id: ProductId, session: Session) -> Response:
    return (await service.read_product(session, id)).answer()


@router.delete("/products/{id}", status_code=204, operation_id="archive_product", openapi_extra=concurrency.IF_MATCH)
async def archive_product(request: Request, id: ProductId, session: Session) -> None:
    concurrency.check(request, await service.hold_product(session, id))
    await service.archive_product(session, id)
