-- A customer's score: the metrics, the classes made from them, and the figures behind each class.
-- Thresholds are shown as the model has them, as text; `weekly_spend` is the one that is reckoned with.

create or replace function weekly_spend(score scores, model scoring_models) returns bigint
language sql stable parallel safe
return floor(score.recent_amount / (model.thresholds -> 'weekly_spend_weeks')::numeric)::bigint;

create or replace function mean_gap_days(score scores) returns numeric language sql stable parallel safe
return (score.tenure_days - score.recency_days) / nullif(score.purchase_days - 1, 0)::numeric;

create or replace function cell(score scores) returns text language sql stable parallel safe
return format('R%sF%sM%s', score.recency_band, score.frequency_band, score.monetary_band);

create or replace function money(amount bigint, run scoring_runs) returns json language sql stable parallel safe
return json_build_object('amount', amount, 'currency', run.currency);

create or replace function score_reasons(score scores, run scoring_runs, model scoring_models) returns json
language sql stable parallel safe
return json_build_array(
    json_build_object('code', 'rfm', 'detail', format(
        'Last order %s days ago, %s orders, %s of revenue: bands %s, %s and %s of %s.',
        score.recency_days, score.order_count, score.revenue_amount * run.minor_unit,
        score.recency_band, score.frequency_band, score.monetary_band, model.thresholds -> 'bands')),
    json_build_object('code', 'abc', 'detail', format(
        'Customers with more revenue hold %s %% of it; those before %s %% are A.',
        round(100 * score.before_amount / nullif(run.revenue_amount, 0)::numeric, 1), model.thresholds -> 'a_percent')),
    json_build_object('code', 'svcd', 'detail', format(
        '%s orders a month (%s is often), %s an order (%s is large).',
        round(score.order_count * 30 / greatest(score.tenure_days, 30)::numeric, 2),
        model.thresholds -> 'svcd_orders_a_month',
        round(score.revenue_amount * run.minor_unit / nullif(score.order_count, 0), scale(run.minor_unit)),
        round(run.amount_threshold::numeric * run.minor_unit, scale(run.minor_unit)))),
    json_build_object('code', 'pyramid', 'detail', format(
        'Rank %s of %s by %s.', score.rank, run.ranked_count, run.ranked_by)),
    json_build_object('code', 'lifecycle', 'detail', format(
        '%s in the last %s days, %s in the %s before; first order %s days ago.',
        score.spend_w0_amount * run.minor_unit, model.thresholds -> 'window_days',
        score.spend_w1_amount * run.minor_unit, model.thresholds -> 'window_days', score.tenure_days)),
    json_build_object('code', 'stability', 'detail', format(
        'Customer for %s days, bought on %s days, last %s days ago%s.',
        score.tenure_days, score.purchase_days, score.recency_days,
        coalesce(format(', every %s days on average', round(mean_gap_days(score), 1)), '')))
);

create or replace function score_document(score scores, run scoring_runs, model scoring_models) returns json
language sql stable parallel safe
return json_build_object(
    'customer_id', score.customer_id,
    'external_id', score.external_id,
    'run_id', run.run_id,
    'as_of', run.as_of,
    'computed_at', rfc3339(run.finished_at),
    'model', model.name,
    'model_version', model.name || '-' || model.version,
    'metrics', json_build_object(
        'order_count', score.order_count,
        'revenue', money(score.revenue_amount, run),
        'margin', case when score.margin_amount is not null then money(score.margin_amount, run) end,
        'recency_days', score.recency_days,
        'tenure_days', score.tenure_days,
        'purchase_days', score.purchase_days,
        'mean_gap_days', round(mean_gap_days(score), 2),
        'spend_w0', money(score.spend_w0_amount, run),
        'spend_w1', money(score.spend_w1_amount, run),
        'weekly_spend', money(weekly_spend(score, model), run),
        'deal_share', round(score.deal_share::numeric, 4)
    ),
    'rfm', case when score.rank is not null then json_build_object(
        'recency', score.recency_band,
        'frequency', score.frequency_band,
        'monetary', score.monetary_band,
        'cell', cell(score),
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
    'reasons', case when score.rank is not null then score_reasons(score, run, model)
        else json_build_array(
            json_build_object('code', 'no_order', 'detail', 'No order before ' || run.as_of || '.')) end
);
