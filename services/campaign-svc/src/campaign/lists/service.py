"""Shopping lists: ordered as a job, read as JSON, a page or a sheet of paper."""

import asyncio
from datetime import date
from uuid import UUID

import httpx
from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from campaign.campaigns import service as campaigns
from campaign.lists import generation, html, repository
from campaign.lists.errors import NoScores, NoShoppingList, ShoppingListNotFound
from campaign.lists.models import ShoppingListRow
from campaign.lists.schemas import NewShoppingLists, ShoppingList
from campaign.lists.sheet import Printing, lay_out
from campaign.lookups import found
from crmkit.problems import Unavailable
from crmkit.web.http import Client
from crmkit.work import jobs


async def require_scores(gateway: Client, as_of: date) -> None:
    """Raises: NoScores (409) for a day of which no run has finished, Unavailable (503) where nobody can say."""
    try:
        asked = {"as_of": as_of.isoformat(), "limit": "1"}
        response = await gateway.get("/v1/scores", params=asked)
        if response.status_code == httpx.codes.NOT_FOUND:
            raise NoScores(f"No scoring run of {as_of} has finished.")
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable("Whether that day has been scored cannot be asked right now.") from error


async def order_lists(session: AsyncSession, new: NewShoppingLists, *, service: str) -> jobs.Job:
    """Raises: CampaignNotFound (404), CampaignNotLaunched (409)."""
    await campaigns.hold_launched(session, new.campaign_id)
    params = generation.ListParams(campaign_id=new.campaign_id, as_of=new.as_of)
    return await jobs.create(session, service=service, kind=generation.JOB, params=params)


async def get_list(session: AsyncSession, list_id: UUID) -> ShoppingListRow:
    """Raises: ShoppingListNotFound (404)."""
    return found(await repository.find_list(session, list_id), ShoppingListNotFound, list_id)


async def get_latest_list(session: AsyncSession, customer_id: UUID) -> ShoppingListRow:
    """Raises: NoShoppingList (404) for a customer without any, known or not."""
    return found(await repository.find_latest(session, customer_id), NoShoppingList, customer_id)


async def print_page(session: AsyncSession, row: ShoppingListRow, printing: Printing) -> Response:
    """The list as HTML."""
    sheet = lay_out(_shown(row), await repository.find_customer_name(session, row.customer_id), printing)
    return Response(html.render(sheet, printing.locale.partition("_")[0]), media_type="text/html")


async def print_paper(session: AsyncSession, row: ShoppingListRow, printing: Printing) -> Response:
    """The list as PDF; setting it takes a while, so a thread does it."""
    from campaign.lists import pdf  # with its fonts, which only paper needs

    sheet = lay_out(_shown(row), await repository.find_customer_name(session, row.customer_id), printing)
    return Response(await asyncio.to_thread(pdf.render, sheet, printing.paper), media_type="application/pdf")


def answer(row: ShoppingListRow) -> Response:
    """The list as JSON."""
    return Response(_shown(row).model_dump_json(), media_type="application/json")


def _shown(row: ShoppingListRow) -> ShoppingList:
    return ShoppingList.model_validate(row, from_attributes=True)
