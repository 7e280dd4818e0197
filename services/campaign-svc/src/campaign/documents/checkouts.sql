create or replace function checkout_document(c checkouts) returns json language sql stable parallel safe
return json_build_object(
    'id', c.id, 'version', c.version, 'status', c.status, 'customer', c.customer, 'store_id', c.store_id,
    'currency', c.currency, 'brand', c.brand, 'lines', c.lines,
    'discount', json_build_object('amount', c.discount_amount, 'currency', c.currency),
    'total', json_build_object('amount', c.total_amount, 'currency', c.currency),
    'applied', c.applied, 'not_applied', c.not_applied, 'expires_at', rfc3339(c.expires_at),
    'order', case when c.order_external_id is not null then json_build_object(
        'external_id', c.order_external_id, 'source', c.order_source, 'placed_at', rfc3339(c.placed_at)) end,
    'confirmed_at', rfc3339(c.confirmed_at), 'created_at', rfc3339(c.created_at));

-- What a basket would get: of a checkout's members those that are not about its being kept.
create or replace function quote_document(c checkouts) returns json language sql stable parallel safe
return (
    select json_object_agg(key, value) from json_each(checkout_document(c))
    where key not in ('id', 'version', 'status', 'expires_at', 'order', 'confirmed_at', 'created_at'));
