-- The cells of run :run_id.
select
    format('R%sF%sM%s', recency_band, frequency_band, monetary_band) as cell,
    recency_band as recency, frequency_band as frequency, monetary_band as monetary,
    count(*) as customer_count, sum(revenue_amount)::bigint as revenue_amount
from scores
where run_id = :run_id and rank is not null
group by recency_band, frequency_band, monetary_band
order by recency_band desc, frequency_band desc, monetary_band desc
