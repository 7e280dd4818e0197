-- Where the customers of run :run_id stand in their life with the business, and what they spend now and spent before.
select
    stage, state, count(*) as customer_count, sum(spend_w0_amount)::bigint as spend_w0_amount,
    sum(spend_w1_amount)::bigint as spend_w1_amount
from scores
where run_id = :run_id
group by stage, state
