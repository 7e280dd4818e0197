-- A product type that a customer is likely to buy next, with the customer's brand group and usage in its category.
create or replace function next_purchase_document(
    next next_purchases, external_id text, loyal_to text, usage text, run scoring_runs, model scoring_models
) returns json language sql stable parallel safe
return json_build_object(
    'customer_id', next.customer_id,
    'external_id', external_id,
    'product_type', next.product_type,
    'product_category', next.product_category,
    'rank', next.rank,
    'score', next.score::float8,
    'expected_on', next.expected_on,
    'interval', null,
    'probability', null,
    'horizon_days', model.thresholds -> 'horizon_days',
    'brand_loyalty', case when usage is not null then json_build_object('group', loyal_to, 'usage', usage) end,
    'typical_product', case when next.typical_product_id is not null then
        json_build_object('id', next.typical_product_id) end,
    'as_of', run.as_of,
    'run_id', run.run_id,
    'model', model.name,
    'model_version', model.name || '-' || model.version
);
