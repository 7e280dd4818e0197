-- Every customer's scores and classes from the metrics: domain.md, sections 2 and 3, in one pass over the population.
-- rank() - 1 is the number of customers with a strictly worse value, which is all a band needs.
insert into scores (
    customer_id, run_id, external_id, order_count, revenue_amount, margin_amount, recency_days, tenure_days,
    purchase_days, spend_w0_amount, spend_w1_amount, recent_amount, deal_share,
    recency_band, frequency_band, monetary_band, abc, before_amount, svcd, rank, tier, stage, state, stability
)
with named as (
    select distinct on (customer_id) customer_id, external_id
    from customer_external_ids
    where cast(:source as text) is null or source = :source
    order by customer_id, position
), population as (
    select
        metrics.*, named.external_id,
        case when run.ranked_by = 'margin' then metrics.margin_amount else metrics.revenue_amount end as contribution,
        case when named.external_id ~ '^[0-9]{1,18}$' then named.external_id::bigint end as number,
        case when named.external_id !~ '^[0-9]{1,18}$' then named.external_id collate "C" end as name,
        metrics.order_count > 0 as is_ranked,
        run.amount_threshold
    from run_metrics as metrics
    join scoring_runs as run using (run_id)
    left join named using (customer_id)
    where metrics.run_id = :run_id
), ranked as (
    select
        *,
        1 + :bands * (rank() over (order by recency_days desc) - 1) / count(*) over () as recency_band,
        1 + :bands * (rank() over (order by order_count) - 1) / count(*) over () as frequency_band,
        1 + :bands * (rank() over (order by revenue_amount) - 1) / count(*) over () as monetary_band,
        coalesce(sum(revenue_amount) over (by_revenue rows between unbounded preceding and 1 preceding), 0) as before,
        sum(revenue_amount) over () as total,
        row_number() over (by_contribution) as rank,
        count(*) over () as n
    from population
    where is_ranked
    window
        by_revenue as (order by revenue_amount desc, number, name, customer_id),
        by_contribution as (order by contribution desc, number, name, customer_id)
)
select
    metrics.customer_id, :run_id, metrics.external_id, metrics.order_count, metrics.revenue_amount,
    metrics.margin_amount, metrics.recency_days, metrics.tenure_days, metrics.purchase_days,
    metrics.spend_w0_amount, metrics.spend_w1_amount, metrics.recent_amount,
    metrics.deal_amount / nullif(metrics.gross_amount, 0)::float8,
    ranked.recency_band, ranked.frequency_band, ranked.monetary_band,
    case
        when not metrics.is_ranked then 'C'
        when 100 * ranked.before < :a_percent * ranked.total then 'A'
        else 'B'
    end,
    ranked.before,
    case when metrics.is_ranked then
        case metrics.order_count * 30 >= cast(:svcd_orders_a_month as float8) * greatest(metrics.tenure_days, 30)
            when true then
                case when metrics.revenue_amount::float8 / metrics.order_count >= metrics.amount_threshold
                    then 'star' else 'cow' end
            else
                case when metrics.revenue_amount::float8 / metrics.order_count >= metrics.amount_threshold
                    then 'volcano' else 'dog' end
        end
    end,
    ranked.rank,
    case
        when 100 * ranked.rank <= :platinum_percent * ranked.n then 'platinum'
        when 100 * ranked.rank <= :gold_percent * ranked.n then 'gold'
        when 100 * ranked.rank <= :silver_percent * ranked.n then 'silver'
        when 100 * ranked.rank <= :bronze_percent * ranked.n then 'bronze'
        when metrics.is_ranked then 'lead'
    end,
    lifecycle.stage, lifecycle.state,
    case
        when not metrics.is_ranked then 'potential'
        when metrics.tenure_days <= :new_days then 'new'
        when metrics.tenure_days >= :loyal_days and metrics.purchase_days >= :loyal_purchase_days
            and metrics.recency_days * (metrics.purchase_days - 1) <= :act_gaps * (metrics.tenure_days - metrics.recency_days)
            then 'loyal'
        else 'regular'
    end
from population as metrics
left join ranked using (customer_id)
cross join lateral (
    select stage_state[1] as stage, stage_state[2] as state
    from (
        select case
            when not metrics.is_ranked then array['prospect', null]
            when metrics.recency_days > 2 * :window_days then array['decline', 'lost']
            when metrics.recency_days > :window_days then array['decline', 'lapsed']
            when metrics.tenure_days <= :window_days then array['exploration', 'new']
            when not metrics.ordered_w1 then array['exploration', 'reactivated']
            when 100 * metrics.spend_w0_amount >= :growing_percent * metrics.spend_w1_amount
                then array['formation', 'growing']
            when 100 * metrics.spend_w0_amount <= :declining_percent * metrics.spend_w1_amount
                then array['decline', 'declining']
            else array['stable', null]
        end as stage_state
    ) as first_that_holds
) as lifecycle
