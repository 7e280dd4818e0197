-- A campaign may have thousands of offers: it tells how many, null for every current one, and where they are listed.
create or replace function campaign_document(c campaigns) returns json language sql stable parallel safe
return json_build_object(
    'id', c.id, 'version', c.version, 'name', c.name, 'goal', c.goal,
    'audience', json_build_object(
        'weekly_spend_gte', c.audience -> 'weekly_spend_gte', 'tiers', c.audience -> 'tiers'),
    'control_share', trim_scale(c.control_share), 'currency', c.currency, 'offer_count', cardinality(c.offer_ids),
    'offers_url', '/v1/campaigns/' || c.id || '/offers', 'list_length', c.list_length,
    'coupon_valid_days', c.coupon_valid_days, 'starts_at', rfc3339(c.starts_at), 'ends_at', rfc3339(c.ends_at),
    'status', c.status, 'launched_at', rfc3339(c.launched_at), 'created_at', rfc3339(c.created_at),
    'updated_at', rfc3339(c.updated_at));
