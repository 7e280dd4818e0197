-- The tiers of run :run_id: what each is of customers, revenue and margin.
select
    tier,
    count(*) as customer_count,
    sum(revenue_amount)::bigint as revenue_amount,
    case when count(margin_amount) = count(*) then sum(margin_amount)::bigint end as margin_amount,
    count(*) filter (where stability = 'loyal') as loyal_count
from scores
where run_id = :run_id and tier is not null
group by tier
