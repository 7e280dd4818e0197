-- Throw away the work in hand of runs that ended without being finished.
select empty_run(run_id)
from (select distinct run_id from run_metrics) as left_over
join jobs on jobs.id = left_over.run_id
where jobs.status in ('failed', 'cancelled')
