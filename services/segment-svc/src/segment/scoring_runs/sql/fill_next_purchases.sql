-- Lists that the customer's own history leaves short are filled with what the population buys most.
-- The product that stands for a popular type is the one that stands for it on most lists.
insert into next_purchases (customer_id, run_id, rank, product_type, product_category, score, typical_product_id)
with popular as (
    select product_type, sum(weight) as weight
    from run_popularity
    where run_id = :run_id
    group by product_type
    order by weight desc, product_type collate "C"
    limit 2 * :list_length
), typical as (
    select distinct on (product_type) product_type, product_category, typical_product_id
    from next_purchases
    where run_id = :run_id and product_type in (select product_type from popular)
    group by product_type, product_category, typical_product_id
    order by product_type, count(*) desc, typical_product_id
), short as materialized (
    select customer_id
    from run_metrics as metrics
    where run_id = :run_id and not exists (
        select from next_purchases as own
        where own.customer_id = metrics.customer_id and own.run_id = :run_id and own.rank = :list_length
    )
), own as materialized (
    select customer_id, product_type
    from short
    join next_purchases using (customer_id)
    where run_id = :run_id
), offered as (
    select
        short.customer_id, popular.product_type,
        coalesce(listed.length, 0) + row_number() over (
            partition by short.customer_id order by popular.weight desc, popular.product_type collate "C"
        ) as rank
    from short
    cross join popular
    left join (select customer_id, count(*) as length from own group by customer_id) as listed using (customer_id)
    where not exists (
        select from own where own.customer_id = short.customer_id and own.product_type = popular.product_type
    )
)
select customer_id, :run_id, rank, product_type, typical.product_category, 0, typical.typical_product_id
from offered
left join typical using (product_type)
where rank <= :list_length
