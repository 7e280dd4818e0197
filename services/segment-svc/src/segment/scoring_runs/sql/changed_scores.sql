-- The scores of run $1 whose classes differ from those of run $2, which was current before.
select present.customer_id as id, score_document(present, run, model) as document
from scores as present
join scoring_runs as run using (run_id)
join scoring_models as model using (model_id)
left join scores as past on past.customer_id = present.customer_id and past.run_id = $2
where present.run_id = $1
    and (past.recency_band, past.frequency_band, past.monetary_band, past.abc, past.svcd, past.tier,
         past.stage, past.state, past.stability)
    is distinct from
        (present.recency_band, present.frequency_band, present.monetary_band, present.abc, present.svcd,
         present.tier, present.stage, present.state, present.stability)
