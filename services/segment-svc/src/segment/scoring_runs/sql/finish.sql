-- From this statement's commit on, the run can be seen.
update scoring_runs set finished_at = :now where run_id = :run_id
