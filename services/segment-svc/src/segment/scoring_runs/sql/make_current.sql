-- The newest date's latest run of a model is the current one; a run over the past changes nothing of today.
-- The run that was current before, null at first; no row when this run is not the current one.
insert into current_run as present (model_name, run_id, as_of)
values (:model_name, :run_id, :as_of)
on conflict (model_name) do update set run_id = excluded.run_id, as_of = excluded.as_of
where present.as_of <= excluded.as_of
returning old.run_id as previous_run_id
