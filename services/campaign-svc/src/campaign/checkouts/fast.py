"""Confirm a checkout, all or nothing, in one statement.

Locks are taken in key order: coupons, the checkout, budgets. A lock gives the row as it is once it is free, so what
was decided elsewhere meanwhile is seen. A coupon is still ours while nobody else has it, even after `expires_at`;
a budget that the sweep gave back must be had again. Whether its campaign has halted is asked only of a coupon whose
reservation has lapsed: what is reserved in time is redeemed.
"""

from contextlib import suppress
from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from campaign.checkouts.errors import CheckoutClosed, CheckoutExpired, CheckoutNotFound
from campaign.checkouts.schemas import Confirmation
from crmkit.problems import PreconditionFailed
from crmkit.web import concurrency, fast, media

NO_VERSION: Final = 0  # they begin with 1

# After the nine common ones: $10 checkout, $11 order source, $12 order external id, $13 placed at, $14 the ETags that
# `If-Match` names, null for any.
_KEPT: Final = fast.keeping(source="go", body="document", status=200, headers="'etag', etag")
_CONFIRM: Final = f"""
with held as (
    select c.id, c.status, c.checkout_id, c.reserved_until, c.valid_until, a.code, a.offer_id, a.campaign_id,
           a.sponsor_id, a.amount, a.sponsor_amount, m.status in ('paused', 'ended') as has_halted
    from applied_coupons a join coupons c on c.id = a.coupon_id left join campaigns m on m.id = a.campaign_id
    where a.checkout_id = $10
    order by c.id
    for update of c
), checkout as (
    select c.*, c as whole from checkouts c where c.id = $10 and (select count(*) from held) >= 0 for update
), need as (
    select campaign_id, sum(amount)::bigint as amount from held where campaign_id is not null group by campaign_id
), budget as (
    select b.campaign_id, need.amount, b.granted_amount - b.reserved_amount - b.spent_amount as remaining_amount
    from need join budgets b on b.campaign_id = need.campaign_id
    where (select count(*) from checkout) > 0
    order by b.campaign_id
    for update of b
), timed as materialized (
    select clock_timestamp() as now from (select count(*) from budget) as locked
), lost as (
    select held.code from held, checkout, timed
    where not (
        case when held.checkout_id = $10 and held.status = 'reserved' and held.reserved_until > now then true
             else held.valid_until > now and has_halted is not true
                  and (held.status = 'issued'
                       or held.status = 'reserved' and (held.checkout_id = $10 or held.reserved_until <= now))
        end)
    or (checkout.status = 'expired'
        and held.campaign_id in (select campaign_id from budget where amount > remaining_amount))
), verdict as (
    select status, version, now,
           status in ('reserved', 'expired') and not exists (select from lost)
           and ($14::text[] is null or format('"%s"', version) = any($14)) as ok,
           jsonb_populate_record(whole, jsonb_build_object(
               'status', 'confirmed', 'version', version + 1, 'confirmed_at', now, 'order_source', $11::text,
               'order_external_id', $12::text, 'placed_at', coalesce($13::timestamptz, now))) as after
    from checkout, timed
), go as (
    select verdict.*, (after).id, (after).customer_id, (after).store_id, (after).currency, (after).placed_at,
           checkout_document(after) as document, format('"%s"', (after).version) as etag
    from verdict where ok
), {_KEPT}, settled as (
    update budgets set
        reserved_amount = reserved_amount - case when go.status = 'reserved' then budget.amount else 0 end,
        spent_amount = spent_amount + budget.amount
    from budget, go
    where budgets.campaign_id = budget.campaign_id
    returning budgets.campaign_id, budget.amount
), entries as (
    insert into budget_entries (campaign_id, kind, amount, checkout_id)
    select campaign_id, 'settle', amount, $10 from settled
), redeemed as (
    update coupons set status = 'redeemed', checkout_id = $10, reserved_until = null, redeemed_at = go.now,
                       version = coupons.version + 1
    from held, go
    where coupons.id = held.id
    returning coupons.id, go.customer_id, coupon_document(coupons) as document
), redemption as (
    insert into redemptions (coupon_id, code, offer_id, campaign_id, sponsor_id, customer_id, checkout_id, store_id,
                             order_source, order_external_id, currency, discount_amount, sponsor_amount, redeemed_at)
    select held.id, held.code, held.offer_id, held.campaign_id, held.sponsor_id, go.customer_id, $10, go.store_id,
           $11, $12, go.currency, held.amount, held.sponsor_amount, go.now
    from held, go
), confirmed as (
    update checkouts set status = 'confirmed', version = checkouts.version + 1, confirmed_at = go.now,
                         order_source = $11, order_external_id = $12, placed_at = go.placed_at
    from go
    where checkouts.id = go.id
), told as (
    insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
    select 'perennial.checkout.confirmed.v1', '/v1/checkouts/' || id, customer_id::text, document::json, {fast.ORIGIN}
    from go
    union all
    select 'perennial.coupon.redeemed.v1', '/v1/coupons/' || id, customer_id::text, document::json, {fast.ORIGIN}
    from redeemed
)
select verdict.status, verdict.version, (select array_agg(code order by code) from lost) as lost,
       go.document::text as document, go.etag
from verdict left join go on true
"""


async def confirm_checkout(request: Request, checkout_id: UUID, confirmation: Confirmation) -> Response:
    """Redeem all that the checkout holds.

    Raises: InvalidHeader (400), CheckoutNotFound (404), PreconditionFailed (412), CheckoutExpired (409) naming what
    was lost, CheckoutClosed (409).
    """
    order = confirmation.order
    named = (order.source, order.external_id, order.placed_at) if order else (None, None, None)
    row = await fast.execute(request, _CONFIRM, checkout_id, *named, _wanted_tags(request))
    if row is None:
        raise CheckoutNotFound(f"There is no checkout {checkout_id}.")
    if row["document"] is not None:
        return Response(row["document"], 200, {"ETag": row["etag"]}, media_type=media.JSON)
    await fast.replay(request)
    concurrency.check(request, row["version"])
    if row["status"] in ("confirmed", "cancelled"):
        raise CheckoutClosed(f"The checkout is {row['status']}.")
    raise CheckoutExpired("What it held is gone; make a new checkout.", lost=row["lost"] or [])


def _wanted_tags(request: Request) -> list[str] | None:
    """The ETags of `If-Match`; None for any. What is no ETag is refused (400) here, before one beside it may match."""
    value = request.headers.get("if-match", "*").strip()
    if value == "*":
        return None
    with suppress(PreconditionFailed):
        concurrency.check(request, NO_VERSION)
    return [tag.strip() for tag in value.split(",")]
