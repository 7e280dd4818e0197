-- The chunk's population, numbered: grouping by a small number beats grouping by a uuid.
create temporary table chunk_customers on commit drop as
select customer_id, row_number() over (order by customer_id)::int as customer_no
from customers
where customer_id >= :customers_from
    and (cast(:customers_to as uuid) is null or customer_id < :customers_to)
    and kind = any (:kinds) and not erased
