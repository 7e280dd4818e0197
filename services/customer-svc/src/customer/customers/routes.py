"""Profiles: create, read, change."""

from fastapi import Request, Response

from crmkit.web import concurrency, routing
from crmkit.web.batches import BatchResults
from crmkit.web.sessions import Session
from customer.customers import service
from customer.customers.schemas import Customer, CustomerPatch, NewCustomer, NewCustomers
from customer.references.paths import CustomerId
from customer.settings import region_of

router = routing.router(tags=["customers"], scope="customers")


@router.post("/customers", status_code=201, operation_id="create_customer", response_model=Customer)
async def create_customer(body: NewCustomer, request: Request, session: Session) -> Response:
    id = await service.create_customer(session, body, region=region_of(request))
    return (await service.read_customer(session, id)).answer(location=f"/v1/customers/{id}")


@router.post("/customers/batch", operation_id="create_customers")
async def create_customers(body: NewCustomers, request: Request, session: Session) -> BatchResults:
    return await service.create_customers(session, body.items, region=region_of(request))


@router.get("/customers/{id}", operation_id="get_customer", response_model=Customer)
async def get_customer(id: CustomerId, session: Session) -> Response:
    return (await service.read_customer(session, id)).answer()


@router.patch("/customers/{id}", operation_id="patch_customer", response_model=Customer)
async def patch_customer(request: Request, id: CustomerId, body: CustomerPatch, session: Session) -> Response:
    concurrency.check(request, await service.hold_customer(session, id))
    await service.patch_customer(session, id, body)
    return (await service.read_customer(session, id)).answer()
