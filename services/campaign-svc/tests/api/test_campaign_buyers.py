"""Whose a basket is, when the till names somebody that nobody knows yet."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from campaign_factories import Shop, known, reasons
from sqlalchemy import text

from campaign.consumers import customer
from crmkit import testing
from crmkit.events import cloudevents

ID = "01890000-0000-7000-8000-00000000dead"
PARK = text(
    "insert into feed_parked (consumer, sequence, subject, event, error, attempts)"
    " values ('customer', :sequence, :subject, 'Anna', 'broken', 5)"
)
TRACES = text(
    "select (select count(*) from outbox where strpos(data::text, :words) > 0)"
    " + (select count(*) from checkouts where strpos(customer::text, :words) > 0)"
    " + (select count(*) from idempotency where strpos(convert_from(body, 'UTF8'), :words) > 0)"
)


def pending(**handle: str) -> dict[str, Any]:
    return {"id": None, "handle": handle, "resolution": "pending", "candidates": []}


async def told(
    shop: Shop, checkout: dict[str, Any], client: testing.TestClient | None = None
) -> list[cloudevents.Event]:
    """The events of a checkout, as a client reads them."""
    feed = await testing.read_feed(client or shop.client, shop.database, "campaign")
    return [event for event in feed if event.source == f"/v1/checkouts/{checkout['id']}"]


async def confirm(shop: Shop, checkout: dict[str, Any], **headers: str) -> dict[str, Any]:
    answer = await shop.client.post(f"/v1/checkouts/{checkout['id']}/confirm", headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def hear(shop: Shop, verb: str, id: UUID, version: int, **data: Any) -> None:
    """Apply an event of the customer feed as the worker does."""
    document = {"id": id, "version": version} | data
    async with shop.database.begin() as session:
        event = testing.event(f"perennial.customer.{verb}.v1", document, position=version, subject=str(id))
        await customer.apply(session, [event])


async def traces(shop: Shop, words: str) -> int:
    async with shop.database.begin() as session:
        return int(await session.scalar(TRACES, {"words": words}) or 0)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"phone": "(415) 555-0100"}, {"phone": "(415) 555-0100"}),
        ({"email": "Anna@Example.com"}, {"email": "Anna@Example.com"}),
        ({"card": "tcj 77"}, {"card": "tcj 77"}),
        ({"external_id": "a/b"}, {"external_id": "a/b", "source": "default"}),
        ({"external_id": "7", "source": "tcj"}, {"external_id": "7", "source": "tcj"}),
    ],
)
async def test_a_handle_nobody_is_known_by_is_kept_as_it_was_given(
    shop: Shop, given: dict[str, str], kept: dict[str, str]
) -> None:
    checkout = await shop.checkout(customer=given)
    confirmed = await confirm(shop, checkout)
    assert checkout["customer"] == confirmed["customer"] == pending(**kept)
    assert (await shop.client.get(f"/v1/checkouts/{checkout['id']}")).json() == confirmed
    reserved, last = await told(shop, checkout)
    assert reserved.read(dict[str, Any])["customer"] == last.read(dict[str, Any])["customer"] == pending(**kept)
    assert (last.type, last.subject) == (cloudevents.type_name("checkout", "confirmed"), None)


async def test_an_id_just_created_is_kept_and_shown_while_nobody_can_tell(shop: Shop) -> None:
    checkout = await shop.checkout(customer={"id": ID})
    assert checkout["customer"] == pending(id=ID) | {"id": ID}
    assert reasons(checkout) == {}
    await confirm(shop, checkout)
    assert [event.subject for event in await told(shop, checkout)] == [ID, ID]


@pytest.mark.usefixtures("nobody_else")
async def test_an_id_that_nobody_has_is_not(shop: Shop) -> None:
    checkout = await shop.checkout(customer={"id": ID})
    assert (checkout["customer"], reasons(checkout)) == (pending(id=ID), {None: "customer_unknown"})


async def test_a_handle_of_two_is_kept_with_both(shop: Shop) -> None:
    card = uuid4().hex
    both = {str(await shop.customer(card=card)) for _ in range(2)}
    customer = (await shop.checkout(customer={"card": card}))["customer"]
    assert set(customer.pop("candidates")) == both
    assert customer == {"id": None, "handle": {"card": card}, "resolution": "ambiguous"}


async def test_nobody_and_somebody_keep_no_handle(shop: Shop) -> None:
    customer = await shop.customer(card=(card := uuid4().hex))
    assert (await shop.checkout())["customer"] is None
    assert (await shop.checkout(customer={"card": card}))["customer"] == known(customer)
    assert await traces(shop, card) == 0


async def test_a_kept_phone_is_masked_from_those_who_may_not_see_it(shop: Shop, client: testing.TestClient) -> None:
    checkout = await shop.checkout(customer={"phone": "+14155550177"})
    await confirm(shop, checkout)
    scopes = ("campaigns:read", "feeds:read")
    stranger, clerk = client.acting_as(*scopes), client.acting_as(*scopes, "customers:pii")
    for reader, shown in ((stranger, "+*********77"), (clerk, "+14155550177")):
        answer = await reader.get(f"/v1/checkouts/{checkout['id']}")
        assert answer.json()["customer"] == pending(phone=shown)
        for event in await told(shop, checkout, reader):
            assert event.read(dict[str, Any])["customer"] == pending(phone=shown)


async def test_erasing_a_customer_takes_their_kept_handle_out_everywhere(shop: Shop) -> None:
    anna, bert = uuid4(), uuid4()
    theirs, others = [await shop.checkout(customer={"email": f"{each}@example.com"}) for each in (anna, bert)]
    for checkout in (theirs, others):
        await confirm(shop, checkout, **{"Idempotency-Key": uuid4().hex})
    assert await traces(shop, str(anna)) == await traces(shop, str(bert)) == 4
    for each in (anna, bert):
        await hear(shop, "created", each, 1, emails=[f"{each}@Example.COM"])
    await hear(shop, "erased", anna, 2)
    assert (await traces(shop, str(anna)), await traces(shop, str(bert))) == (0, 4)
    assert (await shop.client.get(f"/v1/checkouts/{theirs['id']}")).json()["customer"] is None
    assert [event.read(dict[str, Any])["customer"] for event in await told(shop, theirs)] == [None, None]


async def test_erasing_a_customer_drops_what_waits_to_be_tried_again(shop: Shop) -> None:
    gone, other = uuid4(), uuid4()
    async with shop.database.begin() as session:
        for subject in (gone, other):
            await session.execute(PARK, {"sequence": uuid4().hex, "subject": str(subject)})
    await hear(shop, "erased", gone, 2)
    async with shop.database.begin() as session:
        left = await session.scalars(text("delete from feed_parked returning subject"))
    assert left.all() == [str(other)]
    assert (await shop.client.get("/v1/audit/campaign", params={"resource": f"/v1/customers/{gone}"})).json()["data"]
