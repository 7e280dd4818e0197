-- What the population's ranks and shares are taken from, and what was refused for its currency.
update scoring_runs set
    customer_count = total.customer_count,
    ranked_count = total.ranked_count,
    revenue_amount = total.revenue_amount,
    margin_amount = total.margin_amount,
    ranked_by = case when total.margin_amount is null then 'revenue' else 'margin' end,
    amount_threshold = coalesce(cast(:amount_threshold as float8), total.median_amount),
    refused = coalesce(other.refused, '[]')
from (
    select
        count(*) as customer_count,
        count(*) filter (where order_count > 0) as ranked_count,
        coalesce(sum(revenue_amount) filter (where order_count > 0), 0) as revenue_amount,
        case when count(*) filter (where order_count > 0) = count(margin_amount)
            then sum(margin_amount) end as margin_amount,
        percentile_cont(0.5) within group (order by revenue_amount::float8 / nullif(order_count, 0)) as median_amount
    from run_metrics
    where run_id = :run_id
) as total, (
    select json_agg(json_build_object('currency', currency, 'order_count', order_count) order by currency) as refused
    from (
        select orders.currency, count(*) as order_count
        from orders join customers using (customer_id)
        where day < :as_of and (cancelled_on is null or cancelled_on >= :as_of) and currency <> :currency
            and customers.kind = any (:kinds) and not customers.erased
        group by orders.currency
    ) as foreign_orders
) as other
where scoring_runs.run_id = :run_id
