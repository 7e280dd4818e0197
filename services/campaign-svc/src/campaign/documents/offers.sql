-- A percentage is stored in basis points.
create or replace function offer_document(o offers) returns json language sql stable parallel safe
return json_build_object(
    'id', o.id, 'version', o.version, 'name', o.name, 'kind', o.kind,
    'percent', case when o.kind = 'percentage' then trim_scale(o.value / 100.0) end,
    'amount', case when o.kind <> 'percentage' then o.value end,
    'currency', o.currency,
    'target', json_build_object(
        'product_ids', o.target -> 'product_ids', 'product_type', o.target -> 'product_type',
        'product_category', o.target -> 'product_category', 'brand', o.target -> 'brand',
        'manufacturer_id', o.target -> 'manufacturer_id'),
    'ladder', o.ladder, 'priority', o.priority, 'per_customer_limit', o.per_customer_limit,
    'regular_amount', o.regular_amount, 'minimum_quantity', trim_scale(o.minimum_quantity),
    'minimum_spend_amount', o.minimum_spend_amount, 'sponsor_id', o.sponsor_id,
    'sponsor_share', trim_scale(o.sponsor_share), 'starts_at', rfc3339(o.starts_at), 'ends_at', rfc3339(o.ends_at),
    'archived_at', rfc3339(o.archived_at), 'created_at', rfc3339(o.created_at), 'updated_at', rfc3339(o.updated_at));
