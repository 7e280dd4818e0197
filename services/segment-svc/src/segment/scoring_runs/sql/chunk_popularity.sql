-- What the chunk adds to each product type's popularity.
insert into run_popularity (run_id, customers_from, product_type, weight)
select :run_id, :customers_from, product_type, sum(score)
from chunk_affinities
group by product_type
