"""Redeem one coupon by its code in one statement: locked, judged, claimed, written and told."""

from typing import Final
from uuid import UUID

from fastapi import Request
from starlette.responses import Response

from campaign import references
from campaign.coupons import codes
from campaign.coupons.errors import CouponNotFound
from campaign.redemptions.errors import REFUSALS
from campaign.redemptions.schemas import NewRedemption
from campaign.schemas import CustomerRef
from crmkit.problems import AmbiguousReference, FieldError, Unavailable, UnknownReference
from crmkit.web import fast, media

# After the nine common ones: $10 code, $11 store, $12 customer, $13 order source, $14 order external id,
# $15 discount amount.
_ETAG: Final = '"1"'
_KEPT: Final = fast.keeping(source="go", body="redemption_document(redemption)", headers=f"'etag', '{_ETAG}'")
_REDEEM: Final = f"""
with coupon as (
    select c.*, o.currency, o.sponsor_id, o.sponsor_share, m.status as campaign_status,
           m.currency as campaign_currency,
           coalesce($15::bigint, case when o.kind = 'amount' then c.value else 0 end) as amount
    from coupon_codes k join coupons c on c.id = k.coupon_id join offers o on o.id = c.offer_id
    left join campaigns m on m.id = c.campaign_id
    where k.code = $10
    for update of c
), budget as (
    select b.granted_amount - b.reserved_amount - b.spent_amount as remaining_amount
    from coupon join budgets b on b.campaign_id = coupon.campaign_id
    for update of b
), timed as materialized (
    select clock_timestamp() as now from (select count(*) from budget) as locked
), judged as (
    select coupon.*, now, case
        when status = 'redeemed' then 'coupon_already_redeemed'
        when valid_from > now then 'coupon_not_started'
        when valid_until <= now then 'coupon_expired'
        when customer_id <> $12::uuid then 'not_for_this_customer'
        when campaign_status = 'paused' then 'campaign_paused'
        when campaign_status = 'ended' then 'campaign_ended'
        when campaign_currency <> currency then 'currency_mismatch'
        when reserved_until > now then 'reserved_elsewhere'
        when amount > (select remaining_amount from budget) then 'budget_exhausted'
    end as reason
    from coupon, timed
), verdict as (
    select judged.*, reason is null as ok,
           jsonb_populate_record(null::redemptions, jsonb_build_object(
               'id', uuidv7(), 'version', 1, 'status', 'redeemed', 'coupon_id', id, 'code', code,
               'offer_id', offer_id, 'campaign_id', campaign_id, 'sponsor_id', sponsor_id,
               'customer_id', coalesce(customer_id, $12::uuid), 'store_id', $11::text, 'order_source', $13::text,
               'order_external_id', $14::text, 'currency', currency, 'discount_amount', amount,
               'sponsor_amount', round(amount * sponsor_share), 'redeemed_at', now)) as redemption
    from judged
), go as (
    select * from verdict where ok
), {_KEPT}, written as (
    insert into redemptions select (redemption).* from go
), settled as (
    update budgets set spent_amount = spent_amount + go.amount from go where budgets.campaign_id = go.campaign_id
), entries as (
    insert into budget_entries (campaign_id, kind, amount, redemption_id)
    select campaign_id, 'settle', amount, (redemption).id from go where campaign_id is not null
), redeemed as (
    update coupons set status = 'redeemed', checkout_id = null, reserved_until = null, redeemed_at = go.now,
                       version = coupons.version + 1
    from go
    where coupons.id = go.id
    returning coupons.id, (go.redemption).customer_id, coupon_document(coupons) as document
), told as (
    insert into outbox (type, source, subject, data, actor, request_id, causation_id, traceparent)
    select 'perennial.coupon.redeemed.v1', '/v1/coupons/' || id, customer_id::text, document::json, {fast.ORIGIN}
    from redeemed
)
select verdict.reason, redemption_document(go.redemption)::text as document from verdict left join go on true
"""


async def redeem(request: Request, new: NewRedemption) -> Response:
    """Raises: CouponNotFound (404), or the Conflict (409) of the reason why it cannot be redeemed.

    UnknownReference (422), AmbiguousReference (409) for a handle of the customer, Unavailable (503) for one that
    customer-svc has to be asked about and does not answer.
    """
    code = codes.normalise(new.code)
    customer_id = await _customer_id(request, new.customer) if new.customer else None
    order = (new.order.source, new.order.external_id) if new.order else (None, None)
    args = (code, new.store_id, customer_id, *order, new.discount_amount)
    row = await fast.execute(request, _REDEEM, *args) if code else None
    if row is not None and row["reason"] is None and row["document"] is not None:
        return Response(row["document"], 201, {"ETag": _ETAG}, media_type=media.JSON)
    await fast.replay(request)
    if row is None:
        raise CouponNotFound("Check the code; a wrong character is noticed by its last one.")
    raise REFUSALS[row["reason"]]


async def _customer_id(request: Request, reference: CustomerRef) -> UUID:
    """An id is taken as it is; only another handle costs a look-up."""
    if reference.id is not None:
        return reference.id
    buyer = await references.identify(request, reference)
    if buyer.customer_id is not None:
        return buyer.customer_id
    await fast.replay(request)
    if buyer.is_guess:
        raise Unavailable("Who has this handle is not known here, and cannot be asked right now.")
    if buyer.candidates:
        raise AmbiguousReference("More than one customer has this handle.", candidates=buyer.candidates)
    raise UnknownReference(errors=[FieldError("/customer", "No customer is known by this handle.")])
