-- The cells of run :run_id, and how many bands its model has.
select
    cell(scores) as cell, recency_band as recency, frequency_band as frequency, monetary_band as monetary,
    (thresholds -> 'bands')::int as bands, count(*) as customer_count, sum(scores.revenue_amount)::bigint as revenue_amount
from scores
join scoring_runs using (run_id)
join scoring_models using (model_id)
where run_id = :run_id and rank is not null
group by cell, recency_band, frequency_band, monetary_band, bands
order by recency_band desc, frequency_band desc, monetary_band desc
