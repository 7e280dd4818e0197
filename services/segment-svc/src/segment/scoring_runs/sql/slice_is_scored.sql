-- Whether a slice has been scored; a statement of its own after `hold_slice`, so that it sees what was committed meanwhile.
select exists (
    select from run_metrics
    where run_id = :run_id and customer_id >= :customers_from
        and (cast(:customers_to as uuid) is null or customer_id < :customers_to)
)
