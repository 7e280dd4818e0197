-- The classes A, B and C of run :run_id.
select abc, count(*) as customer_count, sum(revenue_amount)::bigint as revenue_amount
from scores
where run_id = :run_id
group by abc
