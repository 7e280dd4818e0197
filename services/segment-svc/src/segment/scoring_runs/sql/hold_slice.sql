-- One at a time: a slice that is done again after a kill waits for what the killed one still does.
select pg_advisory_xact_lock(hashtextextended(
    format('%s.slice/%s/%s', current_schema, cast(:run_id as uuid), cast(:customers_from as uuid)), 0
))
