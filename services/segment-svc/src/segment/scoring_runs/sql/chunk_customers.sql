-- The chunk's population.
create temporary table chunk_customers on commit drop as
select customer_id
from customers
where customer_id >= :customers_from
    and (cast(:customers_to as uuid) is null or customer_id < :customers_to)
    and kind = any (:kinds) and not erased
