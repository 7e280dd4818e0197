create or replace function redemption_document(r redemptions) returns json language sql stable parallel safe
return json_build_object(
    'id', r.id, 'version', r.version, 'status', r.status, 'code', r.code, 'coupon_id', r.coupon_id,
    'offer_id', r.offer_id, 'campaign_id', r.campaign_id, 'sponsor_id', r.sponsor_id,
    'customer', customer_named(r.customer_id), 'checkout_id', r.checkout_id, 'store_id', r.store_id,
    'order', order_named(r.order_source, r.order_external_id), 'currency', r.currency,
    'discount_amount', r.discount_amount, 'sponsor_amount', r.sponsor_amount,
    'redeemed_at', rfc3339(r.redeemed_at), 'reversed_at', rfc3339(r.reversed_at));
