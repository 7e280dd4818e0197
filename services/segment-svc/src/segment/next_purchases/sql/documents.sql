-- The next purchases of run :run_id as API documents, each with the customer's brand group and usage in its category.
select
    next.customer_id, next.rank, next.product_type, next.product_category,
    json_build_object(
        'customer_id', next.customer_id,
        'external_id', score.external_id,
        'product_type', next.product_type,
        'product_category', next.product_category,
        'rank', next.rank,
        'score', next.score::float8,
        'expected_on', next.expected_on,
        'interval', null,
        'probability', null,
        'horizon_days', rule.horizon_days,
        'brand_loyalty', case when brand.usage is not null then
            json_build_object('group', brand.loyal_to, 'usage', brand.usage) end,
        'typical_product', case when next.typical_product_id is not null then
            json_build_object('id', next.typical_product_id) end,
        'as_of', run.as_of,
        'run_id', run.run_id,
        'model_version', model.name || '-' || model.version
    )::text as body
from next_purchases as next
join scoring_runs as run using (run_id)
join scoring_models as model using (model_id)
join scores as score using (customer_id, run_id)
left join brand_loyalty_by_usage as brand using (customer_id, run_id, product_category)
cross join lateral jsonb_to_record(model.thresholds) as rule (horizon_days int)
where next.run_id = :run_id
