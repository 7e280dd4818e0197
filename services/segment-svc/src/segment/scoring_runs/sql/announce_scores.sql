-- An event for each customer whose classes differ from the run that was current before;
-- `documents` is the query of score documents, put in its place.
insert into outbox (id, type, source, subject, data, actor, request_id, causation_id, traceparent)
select
    uuidv7(), :type, '/v1/scores/' || document.customer_id, document.customer_id::text, document.body::json,
    :actor, :request_id, :causation_id, :traceparent
from (
    select present.customer_id
    from scores as present
    left join scores as past on past.customer_id = present.customer_id and past.run_id = cast(:previous_run_id as uuid)
    where present.run_id = :run_id
        and (past.recency_band, past.frequency_band, past.monetary_band, past.abc, past.svcd, past.tier,
             past.stage, past.state, past.stability)
        is distinct from
            (present.recency_band, present.frequency_band, present.monetary_band, present.abc, present.svcd,
             present.tier, present.stage, present.state, present.stability)
) as changed
join ({documents}) as document using (customer_id)
