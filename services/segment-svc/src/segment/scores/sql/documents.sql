-- Every score of run :run_id as its API document, with the columns that lists filter by.
select
    score.customer_id, score.tier, score.abc, score.svcd, score.stage, score.state, score.stability,
    score.recency_days, score.order_count, score.revenue_amount, derived.weekly_spend, derived.cell,
    json_build_object(
        'customer_id', score.customer_id,
        'external_id', score.external_id,
        'run_id', run.run_id,
        'as_of', run.as_of,
        'computed_at', to_char(run.finished_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'model_version', model.name || '-' || model.version,
        'metrics', json_build_object(
            'order_count', score.order_count,
            'revenue', json_build_object('amount', score.revenue_amount, 'currency', run.currency),
            'margin', case when score.margin_amount is not null then
                json_build_object('amount', score.margin_amount, 'currency', run.currency) end,
            'recency_days', score.recency_days,
            'tenure_days', score.tenure_days,
            'purchase_days', score.purchase_days,
            'mean_gap_days', round(derived.mean_gap_days, 2),
            'spend_w0', json_build_object('amount', score.spend_w0_amount, 'currency', run.currency),
            'spend_w1', json_build_object('amount', score.spend_w1_amount, 'currency', run.currency),
            'weekly_spend', json_build_object('amount', derived.weekly_spend, 'currency', run.currency),
            'deal_share', round(score.deal_share::numeric, 4)
        ),
        'rfm', case when score.rank is not null then json_build_object(
            'recency', score.recency_band,
            'frequency', score.frequency_band,
            'monetary', score.monetary_band,
            'cell', derived.cell,
            'total', score.recency_band + score.frequency_band + score.monetary_band
        ) end,
        'abc', score.abc,
        'svcd', score.svcd,
        'pyramid', case when score.rank is not null then
            json_build_object('tier', score.tier, 'rank', score.rank) end,
        'lifecycle', json_build_object('stage', score.stage, 'state', score.state),
        'stability', score.stability,
        'loyalty', null,
        'value_needs', null,
        'response_type', null,
        'clv', null,
        'churn', null,
        'reasons', case when score.rank is null then json_build_array(
            json_build_object('code', 'no_order', 'detail', 'No order before ' || run.as_of || '.')
        ) else json_build_array(
            json_build_object('code', 'rfm', 'detail', format(
                'Last order %s days ago, %s orders, %s of revenue: bands %s, %s and %s of %s.',
                score.recency_days, score.order_count, money.revenue,
                score.recency_band, score.frequency_band, score.monetary_band, rule.bands)),
            json_build_object('code', 'abc', 'detail', format(
                'Customers with more revenue hold %s %% of it; those before %s %% are A.',
                round(100 * score.before_amount / nullif(run.revenue_amount, 0)::numeric, 1), rule.a_percent)),
            json_build_object('code', 'svcd', 'detail', format(
                '%s orders a month (%s is often), %s an order (%s is large).',
                round(score.order_count * 30 / greatest(score.tenure_days, 30)::numeric, 2),
                rule.svcd_orders_a_month, money.per_order, money.threshold)),
            json_build_object('code', 'pyramid', 'detail', format(
                'Rank %s of %s by %s.', score.rank, run.ranked_count, run.ranked_by)),
            json_build_object('code', 'lifecycle', 'detail', format(
                '%s in the last %s days, %s in the %s before; first order %s days ago.',
                money.w0, rule.window_days, money.w1, rule.window_days, score.tenure_days)),
            json_build_object('code', 'stability', 'detail', format(
                'Customer for %s days, bought on %s days, last %s days ago%s.',
                score.tenure_days, score.purchase_days, score.recency_days,
                coalesce(format(', every %s days on average', round(derived.mean_gap_days, 1)), '')))
        ) end
    )::text as body
from scores as score
join scoring_runs as run using (run_id)
join scoring_models as model using (model_id)
cross join lateral jsonb_to_record(model.thresholds) as rule (
    bands int, a_percent numeric, svcd_orders_a_month numeric, window_days int, weekly_spend_weeks int
)
cross join lateral (
    select
        floor(score.recent_amount / rule.weekly_spend_weeks::numeric)::bigint as weekly_spend,
        (score.tenure_days - score.recency_days) / nullif(score.purchase_days - 1, 0)::numeric as mean_gap_days,
        format('R%sF%sM%s', score.recency_band, score.frequency_band, score.monetary_band) as cell
) as derived
cross join lateral (
    select
        score.revenue_amount * run.minor_unit as revenue,
        round(score.revenue_amount * run.minor_unit / nullif(score.order_count, 0), scale(run.minor_unit)) as per_order,
        round(run.amount_threshold::numeric * run.minor_unit, scale(run.minor_unit)) as threshold,
        score.spend_w0_amount * run.minor_unit as w0,
        score.spend_w1_amount * run.minor_unit as w1
) as money
where score.run_id = :run_id
