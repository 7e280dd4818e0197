create or replace function coupon_document(c coupons) returns json language sql stable parallel safe
return json_build_object(
    'id', c.id, 'version', c.version, 'code', c.code, 'status', c.status, 'offer_id', c.offer_id,
    'campaign_id', c.campaign_id, 'shopping_list_id', c.shopping_list_id, 'batch_id', c.batch_id,
    'customer', customer_named(c.customer_id), 'valid_from', rfc3339(c.valid_from),
    'valid_until', rfc3339(c.valid_until), 'checkout_id', c.checkout_id, 'reserved_until', rfc3339(c.reserved_until),
    'redeemed_at', rfc3339(c.redeemed_at), 'created_at', rfc3339(c.created_at));

create or replace function coupon_batch_document(b coupon_batches) returns json language sql stable parallel safe
return json_build_object(
    'id', b.id, 'version', b.version, 'offer_id', b.offer_id, 'campaign_id', b.campaign_id, 'count', b.count,
    'issued_count', b.issued_count, 'per_customer_limit', b.per_customer_limit, 'valid_from', rfc3339(b.valid_from),
    'valid_until', rfc3339(b.valid_until), 'job_id', b.job_id, 'created_at', rfc3339(b.created_at));
